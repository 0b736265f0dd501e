import Foundation
import Testing
import _TestSupport

/// An n-gram model of both languages, made once for all tests that only read it.
private struct CountedModel: Sendable {
  /// The folder that holds `counted` and `held-out.txt`.
  let folder: TestFolder
  /// What was said when it was made.
  let outcome: TestCommand.Outcome

  static let shared = Result { try CountedModel() }

  private init() throws {
    folder = try TestFolder()
    for (name, text) in [("ja/01-katsuji-no-asa.txt", "ja.txt"), ("en/01-the-inspector.txt", "en.txt")] {
      let story = try String(contentsOfFile: TestCorpora.packageRoot + "/corpora/" + name, encoding: .utf8)
      try folder.write("corpus/" + text, story)
    }
    try folder.write("held-out.txt", "The ferry came in. 朝の港に船が来た。\nThe printer looked up.\n")
    outcome = try TestCommand().run(
      ["ngram", "train", "corpus", "--order", "4", "--validation", "held-out.txt", "--model", "counted", "--json"],
      in: folder)
  }
}

/// Runs the command in the folder of the shared model.
private func run(_ arguments: [String]) throws -> TestCommand.Outcome {
  try TestCommand().run(arguments, in: CountedModel.shared.get().folder)
}

/// `tsuzuri ngram train`, and what other commands do with what it makes.
struct NGramCommandTests {
  @Test func trainTellsWhatItCameTo() throws {
    let outcome = try CountedModel.shared.get().outcome
    #expect(outcome.status == 0, "\(outcome.errors)")
    let fields = try fields(of: outcome)
    #expect(
      Set(fields.keys) == [
        "order", "document", "ngrams", "tokens", "seconds", "tokens_per_second", "validation_loss", "model",
      ])
    #expect(fields["order"] as? Int == 4 && fields["document"] as? String == "text")
    #expect((fields["ngrams"] as? [Int])?.count == 4)
  }

  @Test func validationLossIsWhatEvaluatePrints() throws {
    let trained = try fields(of: CountedModel.shared.get().outcome)
    let loss = try #require(trained["validation_loss"] as? Double)
    let measured = try fields(of: run(["evaluate", "held-out.txt", "--model", "counted", "--json"]))
    let nats = try #require(measured["nats_per_token"] as? Double)
    #expect(abs(loss - nats) < 1e-6)
    // Far better than chance among about 600 tokens, 6.4 nats.
    #expect(nats < 4)
  }

  @Test func promptsAndTurnsAreAnsweredAsByAnyModel() throws {
    let folder = try CountedModel.shared.get().folder
    let options = ["generate", "--model", "counted", "-n", "12", "--quiet"]
    func sample(_ prompt: String, _ seed: String) throws -> String {
      let samples = try fields(of: run(options + ["-p", prompt, "--seed", seed, "--json"]))["samples"]
      return try #require((samples as? [[String: Any]])?.first?["text"] as? String)
    }
    try folder.write("prompts.jsonl", "{\"prompt\": \"The \", \"seed\": 4}\n{\"prompt\": \"朝\", \"seed\": 5}\n")
    let answers = try run(options + ["--prompts", "prompts.jsonl"]).output.split(separator: "\n").map { line in
      (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["text"] as? String
    }
    #expect(try answers == [sample("The ", "4"), sample("朝", "5")])
    let turns = try TestCommand().run(
      ["generate", "--model", "counted", "-i", "-n", "12", "--seed", "4"], in: folder, input: "The \n")
    #expect(try turns.output == sample("The ", "4") + "\n", "\(turns.errors)")
  }

  @Test func everyLineByItselfIsAnotherMeasure() throws {
    let folder = try CountedModel.shared.get().folder
    let trained = try TestCommand().run(
      [
        "ngram", "train", "corpus", "--order", "3", "--document", "line", "--level", "whitespace", "--validation", "0",
        "--model", "lines", "--quiet",
      ], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    // One line after the other, or each in a file of its own: the same tokens, the same sum.
    try folder.write("one/1.txt", "The ferry came in.\n")
    try folder.write("one/2.txt", "The printer looked up.\n")
    try folder.write("both.txt", "The ferry came in.\nThe printer looked up.\n")
    try folder.write("turned.txt", "The printer looked up.\nThe ferry came in.\n")
    let sums = try ["one", "both.txt", "turned.txt"].map { file in
      try #require(
        try fields(of: run(["evaluate", file, "--model", "lines", "--json"]))["nats_per_token"] as? Double)
    }
    #expect(abs(sums[0] - sums[1]) < 1e-9 && abs(sums[1] - sums[2]) < 1e-6)
  }

  @Test func theSameSeedWritesTheSameText() throws {
    let arguments = ["generate", "--model", "counted", "-p", "The ", "-n", "40", "--seed", "3", "--json"]
    let (first, second) = (try fields(of: run(arguments)), try fields(of: run(arguments)))
    let sample = try #require((first["samples"] as? [[String: Any]])?.first)
    let again = try #require((second["samples"] as? [[String: Any]])?.first)
    #expect(Set(sample.keys) == ["text", "tokens", "finish_reason", "log_probability", "seconds"])
    #expect(sample["text"] as? String == again["text"] as? String)
    let text = try #require(sample["text"] as? String)
    #expect(text.contains(" "))
    let logProbability = try #require(sample["log_probability"] as? Double)
    #expect(logProbability < 0 && logProbability > -200)
  }

  @Test func theLikeliestTextIsTheTextsOwn() throws {
    let outcome = try run(["generate", "--model", "counted", "-p", "the insp", "-n", "5", "--temperature", "0"])
    #expect(outcome.output == "the inspector\n", "\(outcome.errors)")
  }

  @Test func countsAreSearchedAndRuledAsANetworkIs() throws {
    func samples(_ options: [String]) throws -> [[String: Any]] {
      let outcome = try run(["generate", "--model", "counted", "-p", "The ", "-n", "40", "--json"] + options)
      return try #require(fields(of: outcome)["samples"] as? [[String: Any]])
    }
    let found = try samples(["--beam", "8", "--num-samples", "3", "--length-penalty", "0", "--no-repeat-ngram", "5"])
    let greedy = try samples(["--temperature", "0", "--no-repeat-ngram", "5"])
    #expect(found.count == 3)
    #expect(
      try #require(found[0]["log_probability"] as? Double) >= #require(greedy[0]["log_probability"] as? Double))
    for sample in try samples(["--ban", "er", "--typical-p", "0.8", "--num-samples", "3", "--seed", "1"]) {
      #expect(try !#require(sample["text"] as? String).contains("er"))
    }
  }

  @Test func infoTellsWhatAModelIs() throws {
    let lines = try run(["info", "counted"]).output.split(separator: "\n")
    #expect(lines[0] == "model            counted")
    #expect(lines[1] == "architecture     n-grams of order 4, modified Kneser-Ney smoothing")
    #expect(lines[2] == "document         the whole text")
    #expect(lines.contains { $0.hasPrefix("order 4          ") })
    #expect(lines.contains("corpus           corpus"))
    #expect(lines.contains("--order          4"))
    let fields = try fields(of: run(["info", "counted", "--json"]))
    #expect(
      Set(fields.keys) == [
        "model", "format_version", "kind", "order", "document", "vocabulary", "ngrams", "discounts", "tokenizer",
        "training", "weights_bytes",
      ])
    #expect(fields["kind"] as? String == "ngram")
  }

  @Test func itsVocabularyCutsTexts() throws {
    let cut = try run(["tokenize", "held-out.txt", "--model", "counted", "--ids"])
    let vocabulary = try run(["tokenize", "held-out.txt", "--vocabulary", "counted/vocabulary.txt", "--ids"])
    #expect(cut.output == vocabulary.output && cut.status == 0 && !cut.output.isEmpty)
  }

  @Test(arguments: [
    ["fill", "--prompt", "[MASK]"], ["logits", "held-out.txt", "--output", "out"],
    ["export", "--format", "onnx", "--output", "out"], ["train", "--resume"],
  ])
  func whatOnlyANetworkCanDoIsRefused(arguments: [String]) throws {
    let outcome = try run(arguments + ["--model", "counted", "--quiet"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: counted: expected a recurrent network, found an n-gram model, which writes and is "
        + "measured, and nothing else. Name a folder that 'tsuzuri train' has written.\n")
  }

  @Test func aDamagedFileIsNamed() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "one two one two one three\n")
    let trained = try TestCommand().run(["ngram", "train", "text.txt", "--validation", "0", "--quiet"], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    var bytes = try folder.bytes("model/model.safetensors")
    bytes[bytes.count - 3] ^= 4
    try folder.write("model/model.safetensors", bytes)
    let outcome = try TestCommand().run(["evaluate", "text.txt", "--quiet"], in: folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains(
        #/^Error: model/model\.safetensors: expected content with the checksum "[0-9a-f]{16}", found "[0-9a-f]{16}"\. /#
      )
        && outcome.errors.hasSuffix(
          "The file is damaged: copy it again, or, if another program changed it on purpose, take 'checksum' out of its "
            + "metadata.\n"),
      "\(outcome.errors)")
  }

  @Test func whatStandsInAFolderIsReplacedOnlyWhenThatIsAsked() throws {
    let folder = try TestFolder()
    try folder.write("text.txt", "one two one two one three\n")
    try folder.write("model/log.jsonl", "")
    try folder.write("model/training/1/state", "")
    let train = ["ngram", "train", "text.txt", "--validation", "0", "--quiet"]
    let refused = try TestCommand().run(train, in: folder)
    #expect(refused.status == 1)
    #expect(
      refused.errors == "Error: model: holds a model already. Replace it by --overwrite, or name another folder with "
        + "--model.\n")
    #expect(try TestCommand().run(train + ["--overwrite"], in: folder).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder["model"]).sorted()
    #expect(names == [".lock", "config.json", "model.safetensors", "vocabulary.txt"])
  }

  @Test(arguments: [
    (["--order", "8"], "--order: expected a whole number from 1 to 7, found 8."),
    (["--order", "two"], "--order: expected a whole number from 1 to 7, found 'two'."),
    (["--document", "page"], "--document: expected text or line, found 'page'."),
    (
      ["--validation", "1.5"],
      "--validation: expected a fraction from 0 up to, not including, 1, or a file, found 1.5."
    ),
    (
      ["--level", "byte", "--normalization", "nfc"],
      "--normalization: the level 'byte' takes the text as it stands. Leave the option out."
    ),
  ])
  func wrongOptionsAreNamed(arguments: [String], message: String) throws {
    let outcome = try run(["ngram", "train", "corpus", "--model", "other"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.prefix { $0 != "\n" } == "Error: " + message)
  }
}
