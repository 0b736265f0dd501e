import Foundation
import Testing
import TsuzuriText
import _TestSupport

@testable import TsuzuriCommand

/// What scripts rely on and no other test says: values of options that nobody gives, and what a name of a figure means.
struct ContractTests {
  @Test func trainingHasTheseDefaults() {
    let values = [
      "level": "character", "locale": "ja", "encoding": "auto", "lossy": "false", "normalization": "nfc",
      "strip-ruby": "false", "min-count": "1", "validation": "0.05", "cell": "lstm", "layers": "2",
      "hidden-size": "256", "embedding-size": "128", "tie-embeddings": "false", "dropout": "0",
      "bidirectional": "false", "batch-size": "32", "sequence-length": "64", "optimizer": "adamw",
      "learning-rate": "0.002", "schedule": "cosine", "weight-decay": "0", "clip-norm": "1", "clip-value": "off",
      "epochs": "10", "max-steps": "none", "time-limit": "none", "checkpoint-every": "60s", "seed": "1",
    ]
    for (name, value) in values { #expect(Settings.defaults[name] == value, "--\(name)") }
    #expect(Settings.defaults["vocabulary-size"] == nil)
    #expect(VocabularyOptions.standard(for: .word).size == 20_000)
    #expect(VocabularyOptions.standard(for: .character).size == nil)
    #expect(VocabularyOptions.standard(for: .whitespace).size == nil)
  }

  @Test func writingHasTheseDefaults() {
    let values = [
      "max-tokens": "200", "temperature": "0.8", "top-k": "0", "top-p": "1", "min-p": "0", "repetition-penalty": "1",
      "repetition-window": "64", "num-samples": "1",
    ]
    for (name, value) in values { #expect(Settings.defaults[name] == value, "--\(name)") }
  }

  @Test func theVersionNamesWhatResultsDependOn() throws {
    let said = try runWithModel(["--version"])
    #expect(said.status == 0)
    let names = said.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(names == ["tsuzuri", "ICU", "oneDNN", "kernels"])
  }

  /// The tests' streams are files.
  @Test func progressIsPlainLinesWhereNoTerminalIs() throws {
    let folder = try TrainedModel.shared.get()
    #expect(folder.outcome.errors.contains("epoch 1: loss "))
    #expect(!folder.outcome.errors.unicodeScalars.contains { $0 == "\r" || $0 == "\u{1B}" })
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func writingThatIsInterruptedEndsWithTheSignalsStatus(signal: Int32) throws {
    let folder = try TrainedModel.shared.get().folder
    let arguments = ["generate", "-n", "1000000000", "--temperature", "1", "--prompt", "The"]
    let running = try TestCommand().start(arguments, in: folder)
    // The seed that was drawn is told before the first token.
    #expect(running.waits(forError: "seed"))
    running.send(signal)
    #expect(running.wait().status == 128 + signal)
  }

  /// Six operations for each weight that a token takes part in: 4·H·(E + H) of the layer and V·H of the output.
  @Test func gigaflopsCountSixForEachWeight() throws {
    let measured = try fields(
      of: runWithModel([
        "benchmark", "train", "--vocabulary-size", "50", "--embedding-size", "24", "--hidden-size", "40", "--layers",
        "1",
        "--batch-size", "4", "--sequence-length", "8", "--seconds", "0.05", "--json",
      ]))
    let speed = try #require(measured["tokens_per_second"] as? Double)
    let gigaflops = try #require(measured["gflops"] as? Double)
    let weights = Double(4 * 40 * (24 + 40) + 50 * 40)
    #expect(abs(gigaflops / (6 * weights * speed / 1e9) - 1) < 0.001)
  }

  /// At the level whitespace every word that the vocabulary lacks is one `<unk>`.
  @Test func thePerplexityOfKnownTokensLeavesOutTheUnknown() throws {
    let folder = try TestFolder()
    try folder.write("train.txt", String(repeating: "the ferry came in\nthe ferry went out\n", count: 60))
    try folder.write("test.txt", "the ferry came back\nthe inspector went out\n")
    let trained = try TestCommand().run(
      [
        "train", "train.txt", "--level", "whitespace", "--max-steps", "3", "--batch-size", "2", "--sequence-length",
        "8",
      ]
        + ["--hidden-size", "8", "--embedding-size", "8", "--quiet"], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    let measured = try fields(
      of: TestCommand().run(["evaluate", "test.txt", "--tokens-out", "tokens.tsv", "--json"], in: folder))
    let tokens = try folder.text("tokens.tsv").split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(tokens.count == 10)
    let known = tokens.filter { $0[0] != "<unk>" }.compactMap { Double($0[1]) }
    #expect(measured["unknown_tokens"] as? Int == 2)
    #expect(known.count == 8)
    let perplexity = try #require(measured["perplexity_known"] as? Double)
    #expect(abs(perplexity / exp(known.reduce(0, +) / 8) - 1) < 1e-4)
  }

  @Test func marksOfAozoraAreTakenAway() throws {
    let said = try runWithModel(
      ["tokenize", "-", "--level", "word", "--strip-ruby", "--locale", "ja"],
      input: "吾輩《わがはい》は猫［＃「猫」に傍点］である。\n")
    #expect(said.output.split(separator: "\n").joined() == "吾輩は猫である。\\n")
  }

  /// A model of another ICU is used, and that is said once: by the commands that measure and by training that starts from it.
  @Test(arguments: [
    ["evaluate", "held-out.txt", "--model", "older"], ["train", "held-out.txt", "--init-from", "older"],
  ])
  func anotherICUIsSaidInOneLine(arguments: [String]) throws {
    let shared = try TrainedModel.shared.get().folder
    let folder = try TestFolder()
    for name in ["config.json", "model.safetensors", "vocabulary.txt"] {
      try folder.write("older/\(name)", shared.bytes("model/\(name)"))
    }
    try folder.write("held-out.txt", String(repeating: "The ferry came in. 朝の港に船が来た。\n", count: 20))
    // Without a checksum it is a file of an earlier version.
    var configuration = try #require(
      JSONSerialization.jsonObject(with: Data(folder.bytes("older/config.json"))) as? [String: Any])
    configuration["checksum"] = nil
    var tokenizer = try #require(configuration["tokenizer"] as? [String: Any])
    #expect(tokenizer["icuVersion"] is String)
    tokenizer["icuVersion"] = "70.1"
    configuration["tokenizer"] = tokenizer
    try folder.write("older/config.json", Array(JSONSerialization.data(withJSONObject: configuration)))
    let training = ["--max-steps", "1", "--batch-size", "2", "--sequence-length", "8"]
    let said = try TestCommand().run(arguments + (arguments[0] == "train" ? training : []), in: folder)
    #expect(said.status == 0, "\(said.errors)")
    let warning = "warning: the model was made with ICU 70.1, this is ICU \(ICUVersion.current): "
    #expect(said.errors.split(separator: "\n").count { $0.hasPrefix(warning) } == 1, "\(said.errors)")
  }
}
