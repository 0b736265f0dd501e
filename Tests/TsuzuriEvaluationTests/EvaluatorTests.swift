import Foundation
import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriEvaluation

struct EvaluatorTests {
  let bytes: Tokenizer
  let model: LanguageModel

  init() throws {
    bytes = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, layers: 2), seed: 4)
  }

  /// The losses of the text by feeding one token after the other and taking the softmax's logarithm in Double.
  func stepByStep(_ ids: [Int32], window: Int? = nil) throws -> [Double] {
    let session = InferenceSession(model: model)
    var previous: Int32 = 0
    return try ids.enumerated().map { n, id in
      if let window, n % window == 0 { session.reset() }
      try session.feed([previous])
      previous = id
      let logits = session.logits.map(Double.init)
      return log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(id)]
    }
  }

  @Test(arguments: [nil, 1, 3, 100])
  func everyTokenIsScoredFromAllThatStandBeforeIt(window: Int?) throws {
    let text = String(repeating: "綴るは to spell。", count: 40)
    var scored: [Evaluator.ScoredToken] = []
    let evaluator = Evaluator(model: model, tokenizer: bytes, window: window)
    try evaluator.evaluate(.text(text)) { scored.append($0) }
    let ids = Array(text.utf8).map { Int32($0) + 1 }
    let expected = try stepByStep(ids, window: window)
    #expect(scored.map(\.id) == ids)
    for (a, b) in zip(scored, expected) { #expect(abs(Double(a.nats) - b) < 1e-5) }
    let result = evaluator.evaluation
    #expect(result.tokens == text.utf8.count)
    #expect(result.bytes == text.utf8.count)
    #expect(result.characters == text.unicodeScalars.count)
    #expect(abs(result.nats - expected.reduce(0, +)) < 1e-2)
    #expect(abs(result.perplexity - exp(result.nats / Double(result.tokens))) < 1e-9)
    #expect(abs(result.bitsPerByte - result.nats / log(2) / Double(result.bytes)) < 1e-9)
  }

  @Test func betweenTextsAnEndIsFedAndNotScored() throws {
    let evaluator = Evaluator(model: model, tokenizer: bytes)
    try evaluator.evaluate(.text("ab"))
    try evaluator.evaluate(.text("c"))
    let session = InferenceSession(model: model)
    var nats = 0.0
    for (fed, scored) in [(0, 98), (98, 99), (99, 0), (0, 100)] as [(Int32, Int32)] {
      try session.feed([fed])
      let logits = session.logits.map(Double.init)
      if scored > 0 { nats += log(logits.reduce(0) { $0 + exp($1) }) - logits[Int(scored)] }
    }
    #expect(evaluator.evaluation.tokens == 3)
    #expect(abs(evaluator.evaluation.nats - nats) < 1e-5)
  }

  @Test func spelledSegmentsAreCountedAndLeftOutOfTheKnown() throws {
    let vocabulary = Vocabulary(kind: .spelling, texts: ["a", "b"].map { Array($0.utf8) })
    let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: TokenizerConfiguration())
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 259, embeddingSize: 5, hiddenSize: 7), seed: 4)
    let result = try model.evaluate(.text("ab猫a"), tokenizer: tokenizer)
    #expect(result.tokens == 6)
    #expect(result.unknownTokens == 1)
    #expect(result.knownTokens == 3)
    #expect(result.characters == 4)
    #expect(result.bytes == 6)
  }
}
