internal import Foundation

/// Scores a text with several models of the same tokens at once, whose probabilities are mixed:
///
///     P(x_t | x_<t) = Σ_i λ_i P_i(x_t | x_<t)        λ_i ≥ 0, Σ_i λ_i = 1
///
/// Models that err in different places help each other: a network knows the topic, counts know the phrase.
///
/// Source: Jelinek & Mercer 1980, *Interpolated estimation of Markov source parameters from sparse data*.
public final class MixtureScorer: TokenScorer {
  /// λ, one for each model.
  public let weights: [Double]
  private let scorers: [any TokenScorer]

  /// A mixture of models, each before the first token of a text.
  ///
  /// - Parameters:
  ///   - scorers: the models; all of them score the same tokens, and leave out the same.
  ///   - weights: λ, one for each of them.
  public init(_ scorers: [any TokenScorer], weights: [Double]) {
    precondition(scorers.count == weights.count, "\(weights.count) weights for \(scorers.count) models")
    precondition(
      weights.allSatisfy { $0 >= 0 } && abs(weights.reduce(0, +) - 1) < 1e-6,
      "the weights \(weights) are not 0 or more with a sum of 1")
    self.scorers = scorers
    self.weights = weights
  }

  /// Scores the next tokens of the text.
  ///
  /// - Throws: what one of the models throws.
  public func score(_ tokens: [Int32]) throws -> [Float] {
    let losses = try scorers.map { try $0.score(tokens) }
    return tokens.indices.map { index in
      // Of those that count: where a model of weight 0 is far likelier, the others would vanish beside it.
      let least = zip(weights, losses).filter { $0.0 > 0 }.map { $0.1[index] }.min() ?? 0
      // Of a token that is not scored, too, for which all losses are 0.
      if losses.allSatisfy({ $0[index] == least }) { return least }
      // The largest probability is taken out: all of them may be too small for a number.
      let sum = zip(weights, losses).reduce(0.0) {
        $1.0 > 0 ? $0 + $1.0 * exp(Double(least) - Double($1.1[index])) : $0
      }
      return Float(Double(least) - log(sum))
    }
  }

  /// Forgets everything: the next token is the first of a text.
  public func reset() { for scorer in scorers { scorer.reset() } }
}

extension MixtureScorer {
  /// The weights under which some tokens are likeliest, by expectation and maximisation from equal weights:
  ///
  ///     λ_i ← mean over t of λ_i P_i(x_t) / Σ_j λ_j P_j(x_t)
  ///
  /// No step makes the tokens less likely, and there is one maximum. It ends when no weight moves by more than 10⁻⁶.
  ///
  /// - Parameter losses: for each model −log P_i of the same scored tokens.
  /// - Complexity: O(models · tokens) a step, some dozen steps.
  ///
  /// Source: Dempster, Laird & Rubin 1977, *Maximum likelihood from incomplete data via the EM algorithm*.
  public static func weights(of losses: [[Float]]) -> [Double] {
    let (models, tokens) = (losses.count, losses.first?.count ?? 0)
    precondition(losses.allSatisfy { $0.count == tokens }, "the models' losses are of different numbers of tokens")
    var weights = [Double](repeating: 1 / Double(models), count: models)
    guard tokens > 0 else { return weights }
    // Probabilities of a token, but for a factor that they have in common.
    var shares = [Double](repeating: 0, count: models * tokens)
    for token in 0..<tokens {
      let least = losses.map { $0[token] }.min() ?? 0
      for model in 0..<models { shares[token * models + model] = exp(Double(least - losses[model][token])) }
    }
    for _ in 0..<1000 {
      var sums = [Double](repeating: 0, count: models)
      for token in 0..<tokens {
        var total = 0.0
        for model in 0..<models { total += weights[model] * shares[token * models + model] }
        for model in 0..<models { sums[model] += weights[model] * shares[token * models + model] / total }
      }
      let next = sums.map { $0 / Double(tokens) }
      let step = zip(weights, next).map { abs($0 - $1) }.max() ?? 0
      weights = next
      if step < 1e-6 { break }
    }
    return weights
  }
}
