import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// What a program gets that asks for what cannot be: an error with a message, and no trap.
struct WrongUseTests {
  private let shape = ModelConfiguration(vocabularySize: 257, embeddingSize: 4, hiddenSize: 6, layers: 1)
  private let plan = TrainingConfiguration(batchSize: 2, sequenceLength: 4, epochs: 1)
  private let text = TrainingText(tokens: TokenArray((0..<40).map { $0 * 5 % 257 }))

  private func tokenizer() throws -> Tokenizer {
    try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
  }

  private func message(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      // Whoever logs an error in the usual way logs the same.
      #expect(error.localizedDescription == "\(error)")
      return "\(error)"
    }
  }

  @Test func aTokenizerOfAnotherModelIsRefusedBeforeAnythingIsWritten() throws {
    let folder = try TestFolder()
    let target = ModelFolder(folder["model"])
    var other = shape
    other.vocabularySize = 300
    let expected =
      "\(target.path): the model has 300 tokens: expected as many in the tokenizer's vocabulary, found 257. "
      + "Give the tokenizer that the model was made for."
    #expect(message { try target.write(LanguageModel(untrained: other), tokenizer: tokenizer()) } == expected)
    let destination = Trainer.Destination(
      folder: target, tokenizer: try tokenizer(), record: TrainingRecord(corpus: ["text"], validation: "0"))
    #expect(
      message { _ = try Trainer(text: text, model: other, configuration: plan, destination: destination) } == expected)
    #expect(!target.exists)
  }

  @Test func weightsToStartFromMustFit() throws {
    var (other, dropping) = (shape, shape)
    other.hiddenSize = 5
    dropping.dropout = 0.3
    func start(_ initialModel: LanguageModel) throws {
      _ = try Trainer(text: text, model: shape, configuration: plan, initialModel: initialModel)
    }
    #expect(
      message { try start(LanguageModel(untrained: other)) }
        == "the model's initial weights: expected those of a model of the same cell and sizes, found those of another.")
    #expect(
      message { try start(LanguageModel(untrained: shape).quantized()) }
        == "the model's initial weights: expected numbers of single precision, found 8-bit integers, too coarse to be "
        + "trained on.")
    #expect(message { try start(LanguageModel(untrained: dropping)) } == nil)
  }

  @Test(arguments: [257, 100_000, -1] as [Int32])
  func aTokenThatTheModelDoesNotHaveIsRefusedBeforeTheFirstStep(id: Int32) {
    let ids = (0..<40).map { Int32($0) } + [id]
    #expect(
      message { _ = try Trainer(text: TrainingText(tokens: TokenArray(ids)), model: shape, configuration: plan) }
        == "token \(id) is not in the model's vocabulary; expected an id from 0 to 256.")
  }

  @Test(arguments: [0, -3, .max] as [Int])
  func aWindowThatCannotBeIsRefused(window: Int) throws {
    let model = try LanguageModel(untrained: shape)
    #expect(
      message { _ = try model.evaluate(.text("a"), tokenizer: tokenizer(), window: window) }
        == "the model's window of measuring: expected a number of tokens from 1 to 1000000, found \(window).")
  }

  @Test(arguments: [0, .max] as [Int])
  func moreTextsThanCanBeMadeAreRefused(count: Int) throws {
    var both = shape
    both.isBidirectional = true
    let filler = try MaskFiller(model: LanguageModel(untrained: both), tokenizer: tokenizer(), prompt: "a[MASK]")
    #expect(
      message { _ = try filler.fillings(top: count) }
        == "top: expected a whole number from 1 to 1000, found \(count). 5 is the default.")
    #expect(
      message { try GenerationOptions(sampleCount: count).validate() }
        == "num-samples: expected a whole number from 1 to 100000, found \(count). 1 is the default.")
  }

  /// A sampler of one's own needs a generator that a seed decides.
  @Test func theSameSeedDrawsTheSame() throws {
    let sampler = Sampler(rules: .standard, vocabularySize: 5)
    let logits: [Float] = [0, 1, 0.5, 0.25, 1.5]
    func draws(seed: UInt64) throws -> [Int32] {
      var generator = CounterBasedGenerator(seed: seed)
      return try (0..<20).map { _ in
        try logits.withUnsafeBufferPointer { try sampler.sample(from: $0, using: &generator) }
      }
    }
    #expect(try draws(seed: 3) == draws(seed: 3))
    #expect(try draws(seed: 3) != draws(seed: 4))
  }
}
