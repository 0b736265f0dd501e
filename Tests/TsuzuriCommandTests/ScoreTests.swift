import Foundation
import Testing
import _TestSupport

/// `tsuzuri score`, and several models in `evaluate`.
struct ScoreTests {
  /// An n-gram model with the vocabulary of the shared network, beside it.
  private static let counted = Result { () throws -> TestCommand.Outcome in
    let folder = try TrainedModel.shared.get().folder
    return try TestCommand().run(
      [
        "ngram", "train", "corpus", "--order", "3", "--validation", "0", "--vocabulary", "model/vocabulary.txt",
        "--model", "counted", "--quiet",
      ], in: folder)
  }

  private func run(_ arguments: [String], input: String = "") throws -> TestCommand.Outcome {
    let counted = try Self.counted.get()
    #expect(counted.status == 0, "\(counted.errors)")
    return try runWithModel(arguments, input: input)
  }

  private func nats(_ arguments: [String]) throws -> Double {
    let outcome = try run(["evaluate", "held-out.txt", "--json", "--quiet"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(try fields(of: outcome)["nats_per_token"] as? Double)
  }

  @Test(arguments: ["model", "counted"])
  func eachLineHasItsProbability(model: String) throws {
    let text = "The ferry came in.\n\nin came ferry The\n"
    let outcome = try run(["score", "-", "--model", model, "--quiet"], input: text)
    #expect(outcome.errors == "" && outcome.status == 0)
    let lines = outcome.output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(lines.map { $0[2] } == ["The ferry came in.", "", "in came ferry The"])
    #expect(lines.map { $0[1] } == ["18", "0", "17"])
    let first = try #require(Double(lines[0][0]))
    // Words in their order are likelier, though they are one character more; to see that takes more than a few steps.
    if model == "counted" { #expect(first > (try #require(Double(lines[2][0])))) }
    let alone = try fields(
      of: runWithModel(["evaluate", "-", "--model", model, "--json", "--quiet"], input: "The ferry came in."))
    let nats = try #require(alone["nats_per_token"] as? Double)
    #expect(abs(first + 18 * nats) < 1e-3)
  }

  @Test func eachLineIsAnObject() throws {
    let outcome = try run(["score", "held-out.txt", "--json", "--quiet"])
    let objects = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.count == 2)
    for (index, object) in objects.enumerated() {
      #expect(Set(object.keys) == ["file", "line", "text", "log_probability", "tokens"])
      #expect(object["file"] as? String == "held-out.txt" && object["line"] as? Int == index + 1)
    }
    #expect(objects[1]["text"] as? String == "The printer looked up.")
  }

  @Test func aMixtureLiesBetweenAndBelow() throws {
    let models = ["--model", "model", "--model", "counted"]
    let (network, counts) = (try nats(["--model", "model"]), try nats(["--model", "counted"]))
    #expect(abs(try nats(models + ["--weights", "1,0"]) - network) < 1e-6)
    #expect(abs(try nats(models + ["--weights", "0,1"]) - counts) < 1e-6)
    let half = try nats(models)
    // The logarithm of a mean is at least the mean of the logarithms.
    #expect(half <= (network + counts) / 2)
    #expect(try nats(models + ["--tune", "held-out.txt"]) <= min(half, network, counts) + 1e-6)
  }

  @Test func aMixtureTellsItsWeights() throws {
    let arguments = [
      "evaluate", "held-out.txt", "--model", "model", "--model", "counted", "--weights", "0.25,0.75", "--quiet",
    ]
    let outcome = try run(arguments + ["--json"])
    let found = try fields(of: outcome)
    #expect(found["models"] as? [String] == ["model", "counted"])
    #expect(found["weights"] as? [Double] == [0.25, 0.75])
    #expect(
      try run(arguments).output.contains("\nweights                  0.2500 of model, 0.7500 of counted\n"))
  }

  @Test func otherTokensAreNotMixed() throws {
    let folder = try TrainedModel.shared.get().folder
    _ = try TestCommand().run(
      ["ngram", "train", "corpus", "--level", "byte", "--validation", "0", "--model", "bytes", "--quiet"], in: folder)
    let outcome = try run(["evaluate", "held-out.txt", "--model", "model", "--model", "bytes", "--quiet"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: bytes: expected the tokens of model, found others, and only probabilities of the same "
        + "tokens can be mixed. Train one of the models with '--vocabulary' and the other's vocabulary.txt, at the "
        + "same level.\n")
  }

  @Test func aModelThatReadsFromBothSidesHasNoPartInIt() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", String(repeating: "one two three\n", count: 20))
    let small = ["--hidden-size", "4", "--embedding-size", "3", "--batch-size", "2", "--sequence-length", "8"]
    let trained = try TestCommand().run(
      ["train", "text.txt", "--bidirectional", "--max-steps", "1", "--validation", "0", "--quiet"] + small, in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    for arguments in [["score", "text.txt"], ["evaluate", "text.txt", "--model", "model", "--model", "model"]] {
      let outcome = try TestCommand().run(arguments + ["--quiet"], in: folder)
      #expect(outcome.status == 1)
      #expect(
        outcome.errors == "Error: model: expected a model that reads forwards, found a bidirectional one, whose joint "
          + "losses are no probability of a text. Measure it alone, with 'tsuzuri evaluate'.\n")
    }
  }

  @Test(arguments: [
    (["--weights", "1"], "--weights: there is one model only. Name others with --model, or leave the option out."),
    (["--tune", "a.txt"], "--tune: there is one model only. Name others with --model, or leave the option out."),
    (
      ["--model", "a", "--model", "b", "--weights", "0.5,0.5", "--tune", "a.txt"],
      "--weights, --tune: the weights are given or found. Leave one out."
    ),
    (
      ["--model", "a", "--model", "b", "--weights", "0.5,0.4"],
      "--weights: expected 2 numbers of 0 or more with commas between them and a sum of 1, found '0.5,0.4'."
    ),
    (
      ["--model", "a", "--model", "b", "--weights", "0.5,x"],
      "--weights: expected 2 numbers of 0 or more with commas between them and a sum of 1, found '0.5,x'."
    ),
  ])
  func wrongOptionsAreNamed(arguments: [String], message: String) throws {
    let outcome = try runWithModel(["evaluate", "held-out.txt"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.prefix { $0 != "\n" } == "Error: " + message)
  }
}
