import Foundation
import Testing
import _TestSupport

/// The contract's keys: renaming one breaks somebody's script.
struct JSONKeysTests {
  @Test func trainTellsWhatItCameTo() throws {
    let outcome = try TrainedModel.shared.get().outcome
    #expect(outcome.status == 0, "\(outcome.errors)")
    let fields = try fields(of: outcome)
    #expect(
      Set(fields.keys) == [
        "steps", "tokens", "seconds", "tokens_per_second", "training_loss", "validation_loss", "parameters", "model",
        "skipped_steps", "setbacks",
      ])
    #expect(fields["model"] as? String == "model")
  }

  @Test func eachLineOfTheLogHasTheReportsKeys() throws {
    let folder = try TrainedModel.shared.get().folder
    let report: Set = [
      "step", "epoch", "tokens", "seconds", "loss", "learning_rate", "gradient_norm", "tokens_per_second",
    ]
    let validation: Set = ["validation_loss", "validation_bits_per_byte"]
    var validations = 0
    for line in try folder.text("model/log.jsonl").split(separator: "\n") {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let keys = Set(object.keys)
      #expect(keys == report || keys == report.union(validation))
      if keys.isSuperset(of: validation) { validations += 1 }
    }
    #expect(validations == 3, "one for each epoch")
  }

  @Test func generateTellsOfEachSample() throws {
    let outcome = try runWithModel(["generate", "-p", "朝の", "-n", "5", "--num-samples", "2", "--seed", "7", "--json"])
    let fields = try fields(of: outcome)
    #expect(Set(fields.keys) == ["seed", "prompt", "samples"])
    #expect(fields["seed"] as? Int == 7)
    #expect(fields["prompt"] as? String == "朝の")
    let samples = try #require(fields["samples"] as? [[String: Any]])
    #expect(samples.count == 2)
    for sample in samples {
      #expect(Set(sample.keys) == ["text", "tokens", "finish_reason", "log_probability", "seconds"])
    }
  }

  @Test func evaluateTellsAllMeasures() throws {
    let fields = try fields(of: runWithModel(["evaluate", "held-out.txt", "--json"]))
    #expect(
      Set(fields.keys) == [
        "tokens", "characters", "bytes", "nats_per_token", "perplexity", "bits_per_character", "bits_per_byte",
        "unknown_tokens", "perplexity_known", "seconds", "tokens_per_second",
      ])
  }

  @Test func tokenizeCounts() throws {
    let fields = try fields(of: runWithModel(["tokenize", "held-out.txt", "--level", "word", "--count", "--json"]))
    #expect(Set(fields.keys) == ["tokens", "segments", "characters", "bytes"])
    let known = try self.fields(
      of: runWithModel(["tokenize", "held-out.txt", "--model", "model", "--count", "--json"]))
    #expect(Set(known.keys) == ["tokens", "segments", "characters", "bytes", "unknown_tokens"])
  }

  @Test func vocabularyAndInfoTellWhatTheyAre() throws {
    let built = try runWithModel(["vocabulary", "build", "corpus", "-o", "built.txt", "--json"])
    #expect(Set(try fields(of: built).keys) == ["vocabulary", "level", "tokens"])
    let shown = try fields(of: runWithModel(["vocabulary", "show", "built.txt", "--json"]))
    #expect(Set(shown.keys) == ["kind", "size", "tokens"])
    #expect((shown["tokens"] as? [String])?.count == shown["size"] as? Int)
    let info = try fields(of: runWithModel(["info", "model", "--json"]))
    #expect(
      Set(info.keys) == [
        "model", "format_version", "parameters", "architecture", "tokenizer", "training", "weights_bytes",
        "quantization",
      ])
  }

  @Test func benchmarksTellTheirSpeeds() throws {
    let small = ["--hidden-size", "8", "--embedding-size", "8", "--layers", "1", "--seconds", "0.01", "--json"]
    let train = try fields(of: runWithModel(["benchmark", "train"] + small))
    #expect(
      Set(train.keys).isSuperset(of: ["tokens_per_second", "gflops", "gflops_executed", "peak_memory_bytes"]))
    let (all, executed) = (try #require(train["gflops"] as? Double), try #require(train["gflops_executed"] as? Double))
    #expect(executed < all, "65 ids in windows of 1,024 tokens are looked up")
    let generate = try fields(of: runWithModel(["benchmark", "generate"] + small))
    #expect(Set(generate.keys).isSuperset(of: ["tokens_per_second", "first_token_seconds", "peak_memory_bytes"]))
    for option in [["--projection-size", "3"], ["--layer-norm"]] {
      let variant = try fields(of: runWithModel(["benchmark", "train"] + small + option))
      #expect(variant["parameters"] as? Int != train["parameters"] as? Int, "\(option)")
    }
    let tokenize = try fields(of: runWithModel(["benchmark", "tokenize", "corpus", "--level", "word", "--json"]))
    #expect(Set(tokenize.keys).isSuperset(of: ["megabytes_per_second", "peak_memory_bytes"]))
  }

  private func fields(of outcome: TestCommand.Outcome) throws -> [String: Any] {
    try TsuzuriCommandTests.fields(of: outcome)
  }
}
