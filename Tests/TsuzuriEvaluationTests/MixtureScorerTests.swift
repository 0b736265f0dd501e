import Foundation
import Testing
import TsuzuriEvaluation
import TsuzuriModel

/// A model whose losses are known before: those of a table, one after the other.
private final class TableScorer: TokenScorer {
  private let losses: [Float]
  private var next = 0

  init(_ losses: [Float]) { self.losses = losses }

  func score(_ tokens: [Int32]) throws -> [Float] {
    defer { next += tokens.count }
    return Array(losses[next..<next + tokens.count])
  }

  func reset() { next = 0 }
}

struct MixtureScorerTests {
  @Test func probabilitiesAreMixedAndNotLosses() throws {
    let mixture = MixtureScorer(
      [TableScorer([0.5, 0.125].map { -log($0) }), TableScorer([0.25, 0.75].map { -log($0) })], weights: [0.75, 0.25])
    // 3/4 · 1/2 + 1/4 · 1/4 and 3/4 · 1/8 + 1/4 · 3/4.
    let losses = try mixture.score([7, 8])
    #expect(abs(losses[0] + log(Float(0.4375))) < 1e-6)
    #expect(abs(losses[1] + log(Float(0.28125))) < 1e-6)
  }

  @Test func howATextIsCutMakesNoDifference() throws {
    func mixture() -> MixtureScorer {
      MixtureScorer([TableScorer([1, 2, 3, 4]), TableScorer([4, 3, 2, 1])], weights: [0.3, 0.7])
    }
    let (whole, parts) = (try mixture().score([1, 2, 3, 4]), mixture())
    #expect(try parts.score([1]) + parts.score([]) + parts.score([2, 3, 4]) == whole)
    parts.reset()
    #expect(try parts.score([1, 2, 3, 4]) == whole)
  }

  /// e^−200 is no Float.
  @Test func smallProbabilitiesKeepTheirLogarithm() throws {
    let mixture = MixtureScorer([TableScorer([200]), TableScorer([210])], weights: [0.5, 0.5])
    #expect(abs(try mixture.score([1])[0] - (200 + log(2) - Float(log1p(exp(-10.0))))) < 1e-4)
  }

  @Test func aTokenThatNobodyScoresIsNotScored() throws {
    let mixture = MixtureScorer(
      [TableScorer([0]), TableScorer([0]), TableScorer([0])], weights: [0.1, 0.2, 0.7])
    #expect(try mixture.score([0]) == [0])
  }

  @Test func aModelOfNoWeightHasNothingToSay() throws {
    let mixture = MixtureScorer([TableScorer([1.5]), TableScorer([0.25])], weights: [1, 0])
    #expect(try mixture.score([3]) == [1.5])
    // e^−799 is no Double.
    let unlikely = MixtureScorer([TableScorer([800]), TableScorer([1])], weights: [1, 0])
    #expect(try unlikely.score([3]) == [800])
  }

  /// The mean loss as a function of one weight has one minimum; it is looked for by going through all weights.
  @Test func theWeightsFoundAreTheBest() throws {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0 ... .max, using: &generator)
    var state = seed
    func random() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 24)
    }
    let losses = [(0..<300).map { _ in 4 * random() }, (0..<300).map { _ in 0.5 + 4 * random() }]
    let found = MixtureScorer.weights(of: losses)
    func loss(_ weight: Double) throws -> Double {
      let mixture = MixtureScorer(losses.map(TableScorer.init), weights: [weight, 1 - weight])
      return try mixture.score([Int32](repeating: 1, count: 300)).reduce(0) { $0 + Double($1) }
    }
    let best = try loss(found[0])
    #expect(abs(found[0] + found[1] - 1) < 1e-9)
    for step in 0...100 { #expect(try best < loss(Double(step) / 100) + 1e-3, "seed \(seed)") }
  }

  @Test func aModelThatIsWorseEverywhereGetsNothing() {
    let weights = MixtureScorer.weights(of: [[1, 2, 1], [3, 4, 3], [1, 2, 1]])
    #expect(weights[1] < 1e-5)
    #expect(abs(weights[0] - weights[2]) < 1e-9)
    #expect(MixtureScorer.weights(of: [[], []]) == [0.5, 0.5])
  }

  @Test func aResetScorerIsANewOne() throws {
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2), seed: 4)
    let tokens: [Int32] = [3, 1, 4, 1, 5, 9, 2, 6]
    for interval in [nil, 3] {
      let scorer = SequenceScorer(model: model, resetInterval: interval)
      let first = try scorer.score(tokens)
      #expect(try scorer.score(tokens) != first)
      scorer.reset()
      #expect(try scorer.score(tokens) == first)
    }
  }
}
