import Foundation
import Testing
import TsuzuriModel
import _TestSupport

@testable import TsuzuriCommand

/// A model that reads from both sides, through the command.
struct BidirectionalTests {
  /// Trained once for all tests here.
  private static let trained = Result {
    let folder = try TestFolder()
    let story = TestCorpora.packageRoot + "/corpora/ja/01-katsuji-no-asa.txt"
    try folder.write("corpus.txt", try String(contentsOfFile: story, encoding: .utf8))
    try folder.write("held-out.txt", "朝の港に船が来た。\n")
    let outcome = try TestCommand().run(
      ["train", "corpus.txt", "--bidirectional", "--validation", "held-out.txt", "--epochs", "2", "--json"]
        + TrainedModel.size, in: folder)
    return (folder: folder, outcome: outcome)
  }

  private func run(_ arguments: [String]) throws -> TestCommand.Outcome {
    try TestCommand().run(arguments, in: Self.trained.get().folder)
  }

  private func number(_ value: Any?) throws -> Double { try #require(value as? Double) }

  @Test func evaluateNamesWhatItMeasures() throws {
    let trained = try Self.trained.get().outcome
    #expect(trained.status == 0, "\(trained.errors)")
    let found = try fields(of: run(["evaluate", "held-out.txt", "--json"]))
    #expect(
      Set(found.keys) == [
        "tokens", "characters", "bytes", "nats_per_token", "forward_perplexity", "bits_per_character", "bits_per_byte",
        "unknown_tokens", "forward_perplexity_known", "seconds", "tokens_per_second", "pseudo_nats_per_token",
        "pseudo_perplexity", "backward_nats_per_token", "backward_perplexity",
      ])
    let validation = try number(fields(of: trained)["validation_loss"])
    let (pseudo, forward) = (try number(found["pseudo_perplexity"]), try number(found["forward_perplexity"]))
    let (pseudoNats, nats) = (try number(found["pseudo_nats_per_token"]), try number(found["nats_per_token"]))
    #expect(abs(pseudoNats - validation) < 1e-6)
    #expect(abs(log(pseudo) - validation) < 1e-6)
    #expect(abs(log(forward) - nats) < 1e-6)
    let lines = try run(["evaluate", "held-out.txt", "--quiet"]).output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("pseudo-perplexity ") } && !lines.contains { $0.hasPrefix("perplexity") })
  }

  @Test func aWindowBoundsWhatIsSeenOnTheRight() throws {
    func perplexities(_ options: [String]) throws -> (pseudo: Double, forward: Double) {
      let found = try fields(of: run(["evaluate", "held-out.txt", "--json"] + options))
      return (try number(found["pseudo_perplexity"]), try number(found["forward_perplexity"]))
    }
    let (whole, short) = (try perplexities([]), try perplexities(["--window", "1"]))
    #expect(abs(short.pseudo - short.forward) < 1e-3)
    #expect(abs(short.forward - whole.forward) < 1e-3)
    #expect(abs(short.pseudo - whole.pseudo) > 1e-3)
  }

  /// The whole window is in memory at once: 4 · (20,000 + 4 · 20,000 · 2) bytes a token.
  @Test func aWindowThatNoMemoryHoldsIsRefused() throws {
    var model = ModelConfiguration(vocabularySize: 300, embeddingSize: 20_000, hiddenSize: 20_000, layers: 1)
    try MemoryNeed.checkMeasuring(model, window: 1_000_000)
    model.isBidirectional = true
    let error = #expect(throws: CommandError.self) { try MemoryNeed.checkMeasuring(model, window: 1_000_000) }
    let message = try #require(error?.description)
    #expect(
      message.hasPrefix("measuring in so long a window would take at least 745.67 GB of memory, and this "),
      "\(message)")
    #expect(message.hasSuffix(". Give a smaller --window."), "\(message)")
  }

  @Test func eachScoredTokenHasThreeFigures() throws {
    let found = try fields(of: run(["evaluate", "held-out.txt", "--tokens-out", "tokens.tsv", "--json"]))
    let lines = try Self.trained.get().folder.text("tokens.tsv").split(separator: "\n").map {
      $0.split(separator: "\t")
    }
    #expect(lines.count == found["tokens"] as? Int && lines.allSatisfy { $0.count == 4 })
    for (column, key) in [(1, "nats_per_token"), (2, "pseudo_nats_per_token"), (3, "backward_nats_per_token")] {
      let mean = lines.reduce(0) { $0 + (Double($1[column]) ?? .nan) } / Double(lines.count)
      let expected = try number(found[key])
      #expect(abs(mean - expected) < 1e-5)
    }
  }

  @Test(arguments: ["朝の[MASK]に船が来た。", "朝[MASK][MASK]に", "The [MASK] ferry"])
  func fillOffersWholeTexts(prompt: String) throws {
    let found = try fields(of: run(["fill", "--prompt", prompt, "--top", "7", "--json"]))
    #expect(found["prompt"] as? String == prompt)
    let fillings = try #require(found["fillings"] as? [[String: Any]])
    #expect(fillings.count == 7)
    let parts = prompt.components(separatedBy: "[MASK]")
    for filling in fillings {
      #expect(Set(filling.keys) == ["text", "log_probability", "tokens"])
      let text = try #require(filling["text"] as? String)
      #expect(text.hasPrefix(parts[0]) && text.hasSuffix(parts[parts.count - 1]) && !text.contains("\u{FFFD}"))
    }
    let scores = try fillings.map { try number($0["log_probability"]) }
    #expect(scores == scores.sorted(by: >) && scores[0] < 0)
    // What a person sees is the same.
    let lines = try run(["fill", "-p", prompt, "--top", "1"]).output
    let text = try #require(fillings[0]["text"] as? String)
    #expect(lines == String(format: "%.3f", scores[0]) + "  \(text)\n")
  }

  @Test func theForwardStackWrites() throws {
    let outcome = try run(["generate", "-p", "朝", "-n", "20", "--seed", "1"])
    #expect(outcome.status == 0 && outcome.output.hasPrefix("朝") && outcome.output.count > 2)
  }

  @Test func infoTellsOfBothDirections() throws {
    let outcome = try run(["info", "model"])
    #expect(outcome.output.contains("lstm, 1 layer of 24 in each direction, embedding 12\n"))
    #expect(outcome.output.contains("pseudo-perplexity"))
  }

  @Test func aRunIsResumedAndContinuedWithBothStacks() throws {
    let folder = try Self.trained.get().folder
    let changed = try run(["train", "--resume", "--no-bidirectional"])
    #expect(
      changed.errors
        == "Error: --bidirectional false: the run in model was begun with true, and another value would change its result. "
        + "Leave the option out, or begin anew with --overwrite.\n")
    let next = try run([
      "train", "corpus.txt", "--init-from", "model", "--model", "next", "--max-steps", "1", "--batch-size", "4",
      "--quiet",
      "--validation", "0",
    ])
    #expect(next.status == 0, "\(next.errors)")
    #expect(try TestCommand().run(["info", "next"], in: folder).output.contains("in each direction"))
  }

  @Test func wrongUsesAreTold() throws {
    func message(_ arguments: [String], status: Int32) throws -> String {
      let outcome = try run(arguments)
      #expect(outcome.status == status && outcome.output == "")
      return String(outcome.errors.prefix { $0 != "\n" })
    }
    #expect(
      try message(["fill", "-p", "吾輩は猫である"], status: 64)
        == "Error: the prompt: expected [MASK] in it, found '吾輩は猫である'. "
        + "Put [MASK] in the place of each token to be filled in.")
    #expect(
      try message(["fill", "-p", String(repeating: "[MASK]", count: 20)], status: 64)
        == "Error: the prompt: expected at most 16 times [MASK], found 20. Fill in fewer places at a time.")
    #expect(
      try message(["fill", "-p", "[MASK]", "--top", "0"], status: 64)
        == "Error: --top: expected a whole number from 1 to 1000, found 0.")
    #expect(
      try message(["train", "corpus.txt", "--bidirectional", "--tie-embeddings"], status: 64)
        == "Error: --tie-embeddings, --bidirectional: the output of a bidirectional model has a matrix for each direction, "
        + "and the embedding is one. Leave one of them out.")
    #expect(
      try message(["train", "corpus.txt", "--bidirectional", "--layers", "33"], status: 64)
        == "Error: --layers: expected a whole number from 1 to 32 beside --bidirectional, found 33.")
    let oneWay = try runWithModel(["fill", "-p", "a[MASK]"])
    #expect(oneWay.status == 1)
    #expect(
      oneWay.errors
        == "Error: model: expected a model that was trained with --bidirectional, found one that reads forwards only. "
        + "Train one with 'tsuzuri train CORPUS --bidirectional'.\n")
  }

  @Test func benchmarksTakeBothDirections() throws {
    let small = [
      "--bidirectional", "--hidden-size", "8", "--embedding-size", "8", "--layers", "1", "--seconds", "0.01",
    ]
    for command in ["train", "generate"] {
      let found = try fields(of: run(["benchmark", command, "--json"] + small))
      #expect(try number(found["tokens_per_second"]) > 0)
    }
  }
}
