import Foundation
import Testing
import _TestSupport

/// `tsuzuri train --document line`, and `tsuzuri evaluate --batch`.
struct LineDocumentTests {
  /// A model of lines, beside the shared model and its corpus.
  private static let lines = Result { () throws -> TestCommand.Outcome in
    let folder = try TrainedModel.shared.get().folder
    try folder.write("lines.txt", text)
    return try TestCommand().run(
      ["train", "corpus", "--validation", "lines.txt", "--document", "line", "--max-steps", "12", "--model", "lines"]
        + TrainedModel.size + ["--json"], in: folder)
  }

  private static let text = "The ferry came in.\n\n朝の港に船が来た。\nThe printer looked up.\nThe ferry came in.\n"

  private func nats(_ arguments: [String]) throws -> Double {
    let outcome = try runWithModel(["evaluate", "--json", "--quiet"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(try fields(of: outcome)["nats_per_token"] as? Double)
  }

  @Test func aModelOfLinesIsMeasuredLineByLine() throws {
    let trained = try Self.lines.get()
    #expect(trained.status == 0, "\(trained.errors)")
    let loss = try #require(try fields(of: trained)["validation_loss"] as? Double)
    let whole = try nats(["lines.txt", "--model", "lines"])
    #expect(abs(loss - whole) < 1e-6)
    // Each line after <eos>, with its end.
    let folder = try TrainedModel.shared.get().folder
    var (sum, count) = (0.0, 0)
    for (number, line) in Self.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
      try folder.write("one-\(number).txt", line + "\n")
      let alone = try nats(["one-\(number).txt", "--model", "lines"])
      sum += alone * Double(line.count + 1)
      count += line.count + 1
    }
    #expect(abs(sum / Double(count) - whole) < 1e-5)
    // A line that stands twice is scored alike.
    _ = try runWithModel(["evaluate", "lines.txt", "--model", "lines", "--quiet", "--tokens-out", "lines.tsv"])
    let tokens = try folder.text("lines.tsv").split(separator: "\n")
    #expect(tokens.prefix(19).elementsEqual(tokens.suffix(19)))
  }

  @Test func theFolderTellsOfLines() throws {
    _ = try Self.lines.get()
    let folder = try TrainedModel.shared.get().folder
    let config = try folder.text("lines/config.json")
    #expect(config.contains("\"resetTokens\" : ["))
    #expect(config.contains("\"document\" : \"line\""))
    #expect(!(try folder.text("model/config.json").contains("resetTokens")))
    let rows = try runWithModel(["info", "lines"]).output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.contains(["documents", "lines"]))
    let resumed = try runWithModel(["train", "--resume", "--model", "lines", "--document", "text", "--quiet"])
    #expect(resumed.status == 1)
    #expect(
      resumed.errors == "Error: --document text: the run in lines was begun with line, and another value would change "
        + "its result. Leave the option out, or begin anew with --overwrite.\n")
  }

  /// Words, the ends of lines, and words that the vocabulary lacks: the measures are those without lanes, for more tokens than
  /// are read at once.
  @Test func theMeasuresOfWordsAreThoseWithoutLanes() throws {
    let folder = try TrainedModel.shared.get().folder
    let trained = try TestCommand().run(
      [
        "train", "corpus/en.txt", "--level", "whitespace", "--document", "line", "--vocabulary-size", "300",
        "--validation",
        "0", "--max-steps", "5", "--model", "word-lines", "--quiet",
      ] + TrainedModel.size, in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let story = try folder.text("corpus/en.txt")
    try folder.write("words.txt", String(repeating: story + "\n\nzyx abc\n", count: 4))
    func measures(_ more: [String]) throws -> [String: Double] {
      let outcome = try runWithModel(["evaluate", "words.txt", "--model", "word-lines", "--json", "--quiet"] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try fields(of: outcome).compactMapValues { $0 as? Double }.filter {
        !["seconds", "tokens_per_second"].contains($0.key)
      }
    }
    let plain = try measures([])
    #expect(try #require(plain["unknown_tokens"]) > 100 && #require(plain["tokens"]) > 4096)
    for lanes in ["1", "3", "50"] {
      let found = try measures(["--batch", lanes])
      #expect(Set(found.keys) == Set(plain.keys))
      for (key, value) in plain {
        #expect(abs(try #require(found[key]) - value) <= 1e-9 * abs(value), "\(lanes) lanes: \(key)")
      }
    }
  }

  @Test(arguments: ["1", "2", "7"])
  func theNumberOfLanesChangesNothing(lanes: String) throws {
    _ = try Self.lines.get()
    let folder = try TrainedModel.shared.get().folder
    func tokens(_ name: String, _ arguments: [String]) throws -> String {
      let outcome = try runWithModel(["evaluate", "--quiet", "--tokens-out", name] + arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try folder.text(name)
    }
    let name = "lanes-\(lanes).tsv"
    let lines = ["corpus/en.txt", "lines.txt", "--model", "lines"]
    #expect(
      try tokens(name, lines + ["--batch", lanes]) == tokens(name + ".one", lines), "a model of lines, line by line")
    // A model of texts: each file by itself, the measures those of each alone.
    let files = ["held-out.txt", "lines.txt", "corpus/ja.txt"]
    let alone = try files.map { try tokens(name + ".alone", [$0]) }.joined()
    #expect(try tokens(name, files + ["--batch", lanes]) == alone)
  }

  @Test func whatTakesNoLanesIsTold() throws {
    let folder = try TrainedModel.shared.get().folder
    _ = try TestCommand().run(
      ["ngram", "train", "corpus", "--order", "2", "--validation", "0", "--model", "pairs", "--quiet"], in: folder)
    let outcome = try runWithModel(["evaluate", "held-out.txt", "--model", "pairs", "--batch", "2", "--quiet"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: pairs: expected a network that reads forwards, which takes texts side by side, found an "
        + "n-gram model. Leave out --batch.\n")
  }

  @Test(arguments: [
    (["evaluate", "a.txt", "--batch", "0"], "--batch: expected a whole number from 1 to 4096, found 0."),
    (["evaluate", "a.txt", "--batch", "x"], "--batch: expected a whole number from 1 to 4096, found 'x'."),
    (
      ["evaluate", "a.txt", "--batch", "2", "--window", "9"],
      "--batch, --window: texts that lie side by side are each read by themselves, from their beginnings. Leave one out."
    ),
    (
      ["evaluate", "a.txt", "--batch", "2", "--cache", "9"],
      "--batch, --cache: texts that lie side by side are each read by themselves, from their beginnings. Leave one out."
    ),
    (
      ["evaluate", "a.txt", "--batch", "2", "--dynamic"],
      "--batch, --dynamic: texts that lie side by side are each read by themselves, from their beginnings. Leave one out."
    ),
    (
      ["evaluate", "a.txt", "--batch", "2", "--model", "a", "--model", "b"],
      "--batch: several models are given, and lanes take one. Name one, or leave the option out."
    ),
    (["train", "a.txt", "--document", "page"], "--document: expected text or line, found 'page'."),
    (
      ["train", "a.txt", "--document", "line", "--bidirectional"],
      "--document line, --bidirectional: the second goes on over the ends of lines. Leave one of them out."
    ),
    (
      ["train", "a.txt", "--document", "line", "--cell", "feed-forward"],
      "--document line, --cell feed-forward: the second goes on over the ends of lines. Leave one of them out."
    ),
  ])
  func wrongOptionsAreNamed(arguments: [String], message: String) throws {
    let outcome = try runWithModel(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.prefix { $0 != "\n" } == "Error: " + message)
  }
}
