internal import Foundation
public import TsuzuriModel

/// Scores a text with a network that remembers what it has just read: its own probabilities, mixed with those of a cache
/// of its last N states and of the tokens that followed them.
///
///     P(x_{t+1}) = (1 − λ) P_model(x_{t+1}) + λ P_cache(x_{t+1})
///     P_cache(w) ∝ Σ_{i = t−N}^{t−1} [x_{i+1} = w] exp(θ h_t·h_i)
///
/// The weights stay as they are. The first token, behind which nothing is kept, is the model's alone. A token is kept once
/// it has been scored, the ends of texts included.
///
/// Source: Grave, Joulin & Usunier 2017, "Improving neural language models with a continuous cache", eqs 2 to 4.
public final class CacheScorer: TokenScorer {
  /// N, θ and λ.
  public struct Options: Sendable, Hashable {
    /// N: how many states are kept.
    public var size: Int
    /// θ: how much likelier a token gets by a similar state; at 0 all are alike.
    public var theta: Double
    /// λ: how much the cache has to say.
    public var lambda: Double

    /// Options; the default θ and λ lie between those that were found for words and for characters.
    public init(size: Int, theta: Double = Options.theta, lambda: Double = Options.lambda) {
      self.size = size
      self.theta = theta
      self.lambda = lambda
    }

    /// The θ where none is given.
    public static let theta = 0.15
    /// The λ where none is given.
    public static let lambda = 0.25
  }

  /// N, θ and λ.
  public let options: Options
  private let scorer: any WindowedScorer
  private let cache: NeuralCache

  /// A scorer before the first token of a text, which has kept nothing.
  ///
  /// - Parameters:
  ///   - model: the network; it must have one direction.
  ///   - options: N ≥ 1, θ ≥ 0 and λ from 0 up to, not including, 1: a model that only repeats leaves what is new impossible.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  ///   - resetInterval: after how many tokens state and cache are emptied; nil never.
  ///   - threads: how many share the model's products; the losses do not depend on it.
  public convenience init(
    model: LanguageModel, options: Options, scoresEndOfText: Bool = false, resetInterval: Int? = nil,
    threads: Int? = nil
  ) {
    self.init(
      SequenceScorer(
        model: model, scoresEndOfText: scoresEndOfText, resetInterval: resetInterval, threads: threads),
      options: options)
  }

  /// The same over any scorer that shows its states.
  package init(_ scorer: any WindowedScorer, options: Options) {
    precondition(options.theta >= 0 && Float(options.theta).isFinite, "θ is \(options.theta)")
    precondition(options.lambda >= 0 && options.lambda < 1, "λ is \(options.lambda)")
    self.options = options
    self.scorer = scorer
    cache = NeuralCache(size: options.size, window: scorer.longestWindow, width: scorer.featureSize)
  }

  /// Scores the next tokens of the text. How they are cut into calls changes at most the last digits.
  ///
  /// - Throws: `ModelError.tokenOutOfRange`; then none of the tokens was scored.
  public func score(_ tokens: [Int32]) throws -> [Float] {
    let (losses, probabilities) = try scorer.losses(of: tokens, with: cache, thetas: [options.theta])
    return tokens.indices.map { index in
      scorer.isScored(tokens[index])
        ? Float(
          Self.mixed(loss: Double(losses[index]), probability: probabilities[index], lambda: options.lambda)) : 0
    }
  }

  /// Forgets everything: the next token is the first of a text.
  public func reset() {
    scorer.reset()
    cache.clear()
  }

  /// −log of the mixture; the model's own where the cache is empty.
  static func mixed(loss: Double, probability: Double, lambda: Double) -> Double {
    if probability.isNaN { return loss }
    // Without the cache's word nothing but a factor changes, and no small number is taken to its exponential and back.
    if probability == 0 { return loss - log1p(-lambda) }
    return -log((1 - lambda) * exp(-loss) + lambda * probability)
  }
}

extension WindowedScorer {
  /// The model's losses of the next tokens, and the cache's probabilities of them, by each θ.
  func losses(
    of tokens: [Int32], with cache: NeuralCache, thetas: [Double]
  ) throws(ModelError) -> (losses: [Float], probabilities: [Double]) {
    var probabilities = [Double](repeating: .nan, count: tokens.count * thetas.count)
    let losses = try losses(of: tokens) { window in
      tokens.withUnsafeBufferPointer { tokens in
        probabilities.withUnsafeMutableBufferPointer { probabilities in
          guard let base = probabilities.baseAddress else { return }
          cache.take(
            UnsafeBufferPointer(rebasing: tokens[window.tokens]), features: window.features, thetas: thetas,
            probabilities: base + window.tokens.lowerBound * thetas.count)
        }
      }
      if window.endsMemory { cache.clear() }
    }
    return (losses, probabilities)
  }
}
