import Testing
import _TestSupport

@testable import TsuzuriModel

/// What the feed-forward model sees.
struct FeedForwardTests {
  private static func session(context: Int) throws -> InferenceSession {
    let configuration = ModelConfiguration(
      cell: .feedForward, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2, context: context)
    return InferenceSession(model: try LanguageModel(untrained: configuration, seed: 3))
  }

  private static func logits(after tokens: [Int32], context: Int) throws -> [Float] {
    let session = try session(context: context)
    for token in tokens { try session.feed([token]) }
    return Array(session.logits)
  }

  @Test(arguments: [1, 2, 5])
  func aTokenIsSeenForAsManyStepsAsTheContextHas(context: Int) throws {
    let common: [Int32] = [4, 9, 2, 2, 7]
    let last = Array(common.suffix(context - 1))
    #expect(try Self.logits(after: [1] + last, context: context) != Self.logits(after: [8] + last, context: context))
    let all = Array(common.suffix(context))
    #expect(try Self.logits(after: [1] + all, context: context) == Self.logits(after: [8] + all, context: context))
  }

  @Test func tokensBeforeTheBeginningCountAsNothing() throws {
    let session = try Self.session(context: 4)
    let model = session.model
    try session.feed([6])
    // By the equations, with one token and no other.
    func matrix(_ name: String) -> [Float] { model.values(of: name) }
    let x = Array(matrix("embedding.weight")[6 * 5..<7 * 5])
    func times(_ matrix: [Float], _ vector: [Float], rows: Int) -> [Double] {
      (0..<rows).map { row in
        vector.indices.reduce(0) { $0 + Double(matrix[row * vector.count + $1] * vector[$1]) }
      }
    }
    let first = times(matrix("rnn.weight_ih_l0"), x, rows: 7).map { Float(Double.tanh($0)) }
    let second = times(matrix("rnn.weight_ih_l1"), first, rows: 7).map { Float(Double.tanh($0)) }
    let logits = times(matrix("output.weight"), second, rows: 11)
    for (found, expected) in zip(session.logits, logits) { #expect(abs(Double(found) - expected) < 1e-5) }
  }

  @Test func aContextThatNoModelCanHave() {
    for context in [0, 65] {
      #expect(
        throws: ModelError.invalidConfiguration(field: "context", expected: "1 to 64", found: "\(context)")
      ) { try ModelConfiguration(cell: .feedForward, vocabularySize: 11, context: context).validate() }
    }
  }
}
