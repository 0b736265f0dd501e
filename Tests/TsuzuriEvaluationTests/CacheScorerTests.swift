import Foundation
import Testing
import TsuzuriKernels
import TsuzuriModel
import _TestSupport

@testable import TsuzuriEvaluation

/// The cache against a plain one over PyTorch's states (`Tests/Reference/adaptation.py`).
struct CacheScorerTests {
  static func references() throws -> [CacheReference] {
    try ReferenceValues.cases(CacheReference.self, named: "cache", in: .module)
  }

  private func scorer(
    _ reference: CacheReference, lambda: Double? = nil, scoresEndOfText: Bool = false, resetInterval: Int? = nil
  ) -> CacheScorer {
    CacheScorer(
      model: LanguageModel(reference),
      options: .init(size: reference.size, theta: reference.theta, lambda: lambda ?? reference.lambda),
      scoresEndOfText: scoresEndOfText, resetInterval: resetInterval)
  }

  @Test(arguments: try references())
  func lossesEqualTheReference(reference: CacheReference) throws {
    let whole = try scorer(reference).score(reference.text)
    let cut = scorer(reference)
    let parts = try [0..<1, 1..<1, 1..<14, 14..<46].flatMap { try cut.score(Array(reference.text[$0])) }
    for losses in [whole, parts] {
      #expect(losses.count == reference.losses.count)
      for (found, expected) in zip(losses, reference.losses) { #expect(abs(Double(found) - expected) < 5e-6) }
    }
    cut.reset()
    #expect(try cut.score(reference.text) == whole)
  }

  @Test func nothingBeforeATokenDependsOnIt() throws {
    let reference = try #require(try Self.references().first)
    let losses = try scorer(reference).score(reference.text)
    for place in [1, 7, 30] {
      var other = reference.text
      for index in place..<other.count { other[index] = other[index] % 10 + 1 }
      let found = try scorer(reference).score(other)
      #expect(found[..<place] == losses[..<place])
      #expect(found[place] != losses[place])
    }
  }

  @Test func aCacheWithNothingToSayLeavesTheModelItself() throws {
    let reference = try #require(try Self.references().first)
    let plain = try SequenceScorer(model: LanguageModel(reference)).score(reference.text)
    let cached = try scorer(reference, lambda: 0).score(reference.text)
    for (a, b) in zip(plain, cached) { #expect(abs(a - b) < 1e-6) }
  }

  /// θ·h·h′ may be more than a Float holds: then the likest state alone counts.
  @Test(arguments: [0, 1, 1e30, 1e38])
  func aLargeThetaLeavesTheLikestStateAlone(theta: Double) {
    func probability(of token: Int32) -> Double {
      let cache = NeuralCache(size: 4, window: 3, width: 2)
      var probabilities = [Double](repeating: .nan, count: 3)
      let kept: [Int32] = [1, 2, 1]
      kept.withUnsafeBufferPointer {
        cache.take($0, features: [10, 0, 0, 10, 9, 1], thetas: [theta], probabilities: &probabilities)
      }
      [token].withUnsafeBufferPointer {
        cache.take($0, features: [10, 1], thetas: [theta], probabilities: &probabilities)
      }
      return probabilities[0]
    }
    // Products of 100, 10 and 91.
    let weights = [1, exp(theta * (10 - 100)), exp(theta * (91 - 100))]
    let sum = weights.reduce(0, +)
    #expect(abs(probability(of: 1) - (weights[0] + weights[2]) / sum) < 1e-6)
    #expect(abs(probability(of: 2) - weights[1] / sum) < 1e-6)
    #expect(probability(of: 3) == 0)
  }

  @Test func aResetForgetsTheCacheToo() throws {
    let reference = try #require(try Self.references().first)
    let found = try scorer(reference, resetInterval: 12).score(reference.text)
    var expected: [Float] = []
    for start in stride(from: 0, to: reference.text.count, by: 12) {
      let piece = reference.text[start..<min(start + 12, reference.text.count)]
      expected += try losses(reference, of: piece, after: start == 0 ? 0 : reference.text[start - 1])
    }
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 5e-6) }
  }

  /// A piece by hand: states from zeros, behind the token before it.
  private func losses(
    _ reference: CacheReference, of piece: ArraySlice<Int32>, after before: Int32
  ) throws -> [Float] {
    let session = InferenceSession(model: LanguageModel(reference))
    var kept: [(state: [Double], token: Int32)] = []
    var previous = before
    return try piece.map { token in
      try session.feed([previous])
      let logits = session.logits.map(Double.init)
      let model = exp(logits[Int(token)]) / logits.reduce(0) { $0 + exp($1) }
      // The top layer's h: the third of h, c, h, c.
      let H = reference.hiddenSize
      let state = session.state.values[2 * H..<3 * H].map(Double.init)
      let past = kept.suffix(reference.size).map { kept in
        (exp(reference.theta * zip(kept.state, state).reduce(0) { $0 + $1.0 * $1.1 }), kept.token)
      }
      kept.append((state, token))
      previous = token
      if past.isEmpty { return Float(-log(model)) }
      let cache = past.reduce(0) { $0 + ($1.1 == token ? $1.0 : 0) } / past.reduce(0) { $0 + $1.0 }
      return Float(-log((1 - reference.lambda) * model + reference.lambda * cache))
    }
  }

  @Test func anUnscoredEndIsKeptAndNotScored() throws {
    let reference = try #require(try Self.references().first)
    var text = reference.text
    text[20] = 0
    #expect(try scorer(reference).score(text)[20] == 0)
    let scored = try scorer(reference, scoresEndOfText: true).score(text)
    #expect(scored[20] > 0)
    #expect(try Array(scorer(reference).score(text)[21...]) == Array(scored[21...]))
  }

  @Test func aTokenOutsideTheVocabularyIsRefused() throws {
    let reference = try #require(try Self.references().first)
    #expect(throws: ModelError.tokenOutOfRange(id: 11, vocabularySize: 11)) {
      try scorer(reference).score([1, 11])
    }
  }
}

struct CacheTuningTests {
  private func mean(_ reference: CacheReference, _ theta: Double, _ lambda: Double) throws -> Double {
    let scorer = CacheScorer(
      model: LanguageModel(reference), options: .init(size: reference.size, theta: theta, lambda: lambda))
    return try scorer.score(reference.text).reduce(0) { $0 + Double($1) } / Double(reference.text.count)
  }

  @Test func whatIsFoundIsBetterThanAllBesideIt() throws {
    for reference in try CacheScorerTests.references() {
      let search = CacheTuning(model: LanguageModel(reference), size: reference.size)
      var passes = 0
      let found = try search.run { take in
        passes += 1
        try take(Array(reference.text[..<17]))
        try take(Array(reference.text[17...]))
      }
      #expect(passes == 2)
      let best = try #require(search.best)
      #expect(best.options == found)
      #expect(abs(try mean(reference, found.theta, found.lambda) - best.nats) < 1e-5)
      for theta in CacheTuning.coarse {
        for lambda in stride(from: 0, to: 1, by: 0.1) {
          #expect(try best.nats < mean(reference, theta, lambda) + 1e-6, "\(reference.name): \(theta), \(lambda)")
        }
      }
    }
  }

  @Test func whatIsGivenStays() throws {
    let reference = try #require(try CacheScorerTests.references().first)
    let model = LanguageModel(reference)
    var passes = 0
    let theta = try CacheTuning(model: model, size: 9, theta: 0.25).run { take in
      passes += 1
      try take(reference.text)
    }
    #expect(theta.theta == 0.25 && passes == 1)
    let lambda = try CacheTuning(model: model, size: 9, lambda: 0.25).run { try $0(reference.text) }
    #expect(lambda.lambda == 0.25)
    #expect(try CacheTuning(model: model, size: 9).run { _ in } == CacheScorer.Options(size: 9))
  }

  @Test func theBestWeightIsWhereTheSlopeVanishes() {
    // Half of the tokens are the model's alone, half the cache's alone.
    #expect(abs(CacheTuning.bestLambda([(1, 0), (0, 1)]) - 0.5) < 1e-6)
    #expect(CacheTuning.bestLambda([(0.5, 0.25)]) == 0)
    #expect(abs(CacheTuning.bestLambda([(0.25, 0.5)]) - 0.9999) < 1e-6)
  }
}

extension LanguageModel {
  /// The model of a reference.
  convenience init(_ reference: some LanguageModelReference) {
    let configuration = ModelConfiguration(
      vocabularySize: reference.vocabularySize, embeddingSize: reference.embeddingSize,
      hiddenSize: reference.hiddenSize, layers: reference.layerCount, tiesEmbeddings: reference.isTied)
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for tensor in reference.parameters {
      let slice = layout[tensor.name]
      for (i, value) in tensor.values.enumerated() { parameters.pointer[slice.offset + i] = Float(value) }
    }
    self.init(configuration, layout: layout, parameters: parameters)
  }
}
