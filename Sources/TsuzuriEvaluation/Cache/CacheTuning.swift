internal import Foundation
public import TsuzuriModel

/// Looks for the θ and λ under which a text is likeliest to a network with a cache; not the text that is then measured.
///
/// For every θ of a list at once, one pass through the network: θ only weighs products that are there. For each θ the best λ
/// is where the slope of the loss changes its sign, since −log of a mixture is convex in λ. A second pass tries θ more
/// finely around the best.
///
/// - Complexity: two passes, and 8 bytes a token for each of 20 θ.
public final class CacheTuning {
  /// The first list: each 1.6 times the one before, from states that hardly matter to those that matter alone.
  static let coarse = (0..<20).map { 0.01 * pow(1.6, Double($0)) }
  /// The second: around the best of the first, up to its neighbours.
  static let fine = (-3...3).map { pow(1.6, Double($0) / 4) }

  private let size: Int
  private let givenTheta, givenLambda: Double?
  private let scorer: any WindowedScorer
  private let cache: NeuralCache
  private var thetas: [Double]
  private var losses: [Float] = []
  private var probabilities: [Double] = []
  private var isFine = false
  /// The best found so far, and its mean loss.
  public private(set) var best: (options: CacheScorer.Options, nats: Double)?

  /// A search before the first pass.
  ///
  /// - Parameters:
  ///   - model: the network; it must have one direction.
  ///   - size: N.
  ///   - theta: θ, where it is not to be found.
  ///   - lambda: λ, where it is not to be found.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level.
  ///   - resetInterval: after how many tokens the state is set to zero; nil for never.
  ///   - threads: how many share a product's columns; the losses do not depend on it.
  public convenience init(
    model: LanguageModel, size: Int, theta: Double? = nil, lambda: Double? = nil, scoresEndOfText: Bool = false,
    resetInterval: Int? = nil, threads: Int? = nil
  ) {
    self.init(
      SequenceScorer(
        model: model, scoresEndOfText: scoresEndOfText, resetInterval: resetInterval, threads: threads),
      size: size, theta: theta, lambda: lambda)
  }

  package init(_ scorer: any WindowedScorer, size: Int, theta: Double?, lambda: Double?) {
    self.size = size
    (givenTheta, givenLambda) = (theta, lambda)
    self.scorer = scorer
    cache = NeuralCache(size: size, window: scorer.longestWindow, width: scorer.featureSize)
    thetas = theta.map { [$0] } ?? Self.coarse
  }

  /// Goes through the text once or twice.
  ///
  /// - Parameter pass: gives the text's tokens, in the same parts or others, each time.
  /// - Returns: the best options; the defaults where nothing was scored.
  /// - Throws: `ModelError.tokenOutOfRange`, and what `pass` throws.
  public func run(_ pass: (_ take: ([Int32]) throws -> Void) throws -> Void) throws -> CacheScorer.Options {
    try runOnce(pass)
    if givenTheta == nil, let best {
      thetas = Self.fine.map { best.options.theta * $0 }
      try runOnce(pass)
    }
    return best?.options
      ?? CacheScorer.Options(
        size: size, theta: givenTheta ?? CacheScorer.Options.theta, lambda: givenLambda ?? CacheScorer.Options.lambda)
  }

  private func runOnce(_ pass: (_ take: ([Int32]) throws -> Void) throws -> Void) throws {
    (losses, probabilities) = ([], [])
    scorer.reset()
    cache.clear()
    try pass { tokens in
      let found = try scorer.losses(of: tokens, with: cache, thetas: thetas)
      for (index, token) in tokens.enumerated() where scorer.isScored(token) {
        losses.append(found.losses[index])
        probabilities += found.probabilities[index * thetas.count..<(index + 1) * thetas.count]
      }
    }
    for (n, theta) in thetas.enumerated() { consider(theta, number: n) }
  }

  private func consider(_ theta: Double, number: Int) {
    // What the cache had nothing to say of is the same under each.
    var pairs: [(model: Double, cache: Double)] = []
    for (index, loss) in losses.enumerated() {
      let probability = probabilities[index * thetas.count + number]
      if !probability.isNaN { pairs.append((exp(-Double(loss)), probability)) }
    }
    if pairs.isEmpty { return }
    let lambda = givenLambda ?? Self.bestLambda(pairs)
    var sum = 0.0
    for index in losses.indices {
      sum += CacheScorer.mixed(
        loss: Double(losses[index]), probability: probabilities[index * thetas.count + number], lambda: lambda)
    }
    let nats = sum / Double(losses.count)
    if nats < best?.nats ?? .infinity {
      best = (CacheScorer.Options(size: size, theta: theta, lambda: lambda), nats)
    }
  }

  /// Where the derivative of Σ log((1 − λ) m + λ c) by λ, which only falls, is zero: by halving.
  static func bestLambda(_ pairs: [(model: Double, cache: Double)]) -> Double {
    // The end itself would make what is new impossible.
    var (low, high) = (0.0, 0.9999)
    for _ in 0..<24 {
      let lambda = (low + high) / 2
      var slope = 0.0
      for (model, cache) in pairs { slope += (cache - model) / ((1 - lambda) * model + lambda * cache) }
      if slope > 0 { low = lambda } else { high = lambda }
    }
    return low
  }
}
