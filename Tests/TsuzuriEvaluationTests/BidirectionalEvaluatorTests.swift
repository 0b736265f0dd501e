import Foundation
import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriEvaluation

struct BidirectionalEvaluatorTests {
  let bytes: Tokenizer
  let model: LanguageModel

  init() throws {
    bytes = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7, isBidirectional: true),
      seed: 4)
  }

  /// Two texts are one to the windows, with an end between them that is read and not scored.
  @Test(arguments: [1, 5, 8, nil])
  func eachTokenHasTheLossesOfTheScorer(window: Int?) throws {
    let texts = [String(repeating: "綴る to spell。", count: 30), "c", "the end"]
    let parts: [[Int32]] = texts.map { text in text.utf8.map { Int32($0) + 1 } }
    let ids: [Int32] = Array(parts.joined(separator: [0]))
    let scorer = BidirectionalScorer(model: model, window: window ?? 256)
    var expected: [BidirectionalScorer.Losses] = []
    try scorer.score(ids) { expected.append($0) }
    try scorer.finish { expected.append($0) }
    let known = zip(ids, expected).filter { $0.0 != 0 }

    let evaluator = Evaluator(model: model, tokenizer: bytes, window: window)
    var scored: [Evaluator.ScoredToken] = []
    for text in texts { try evaluator.evaluate(.text(text)) { scored.append($0) } }
    try evaluator.finish { scored.append($0) }
    #expect(scored.map(\.id) == known.map { $0.0 })
    #expect(scored.map(\.nats) == known.map { $0.1.forward })
    #expect(scored.map(\.pseudoNats) == known.map { $0.1.joint })
    #expect(scored.map(\.backwardNats) == known.map { $0.1.backward })

    let result = evaluator.evaluation
    let count = Double(known.count)
    #expect(result.tokens == known.count && result.bytes == known.count)
    func perplexity(_ losses: [Float]) -> Double { exp(losses.map(Double.init).reduce(0, +) / count) }
    let pseudo = try #require(result.pseudoPerplexity)
    let backward = try #require(result.backwardPerplexity)
    #expect(abs(result.perplexity - perplexity(known.map { $0.1.forward })) < 1e-9)
    #expect(abs(pseudo - perplexity(known.map { $0.1.joint })) < 1e-9)
    #expect(abs(backward - perplexity(known.map { $0.1.backward })) < 1e-9)
  }

  @Test func aModelOfOneDirectionHasNoPseudoPerplexity() throws {
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 257, embeddingSize: 5, hiddenSize: 7), seed: 4)
    let result = try model.evaluate(.text("綴る"), tokenizer: bytes)
    #expect(result.pseudoPerplexity == nil && result.backwardPerplexity == nil && result.bidirectional == nil)
  }
}
