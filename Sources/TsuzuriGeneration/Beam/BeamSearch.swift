import Glibc

/// How a search for the likeliest text goes: it draws nothing, keeps some beginnings side by side, and lengthens them all.
///
/// Of all one-token continuations of the beginnings that are kept, the likeliest that do not end go on, ``width`` of them;
/// those that end (by `<eos>`, a stop text or the greatest length) and are likelier than the last of these are finished
/// texts. They are compared by
///
/// ```
/// score(Y) = ln P(Y) / lp(Y)        lp(Y) = ((5 + |Y|) / 6)^α
/// ```
/// with P the model's own probability after the prompt, |Y| the number of tokens, both with the `<eos>` that ends the text,
/// and α the ``lengthPenalty``: at 0 the likeliest text wins, and short ones are favoured, since each token costs; above 0
/// longer ones are. The search ends when no beginning can come to a score among the best ``width`` any more, which is
/// known since a beginning only loses: score ≤ ln P / lp(greatest length).
///
/// What rules forbid (bans, no-repeat n-grams, a bias of −∞, `<eos>` before the least length) is left out of the
/// continuations; probabilities stay those of the model, and are not shared out anew.
///
/// A search is wider than greedy writing and narrower than looking at everything: it finds the best text if ``width`` is at
/// least the number of beginnings of each length, and no promise is made below.
///
/// Source: Wu et al. 2016, "Google's Neural Machine Translation System", equation 14, without its coverage penalty; Lowerre
/// 1976, "The Harpy Speech Recognition System", for the beam.
public struct BeamSearch: Sendable, Hashable {
  /// How many beginnings are kept.
  public let width: Int
  /// α, the exponent of the length.
  public let lengthPenalty: Double
  /// α as Wu et al. use it.
  public static let usualLengthPenalty = 0.6
  /// The widest search.
  public static let maximumWidth = 10_000

  /// A search.
  /// - Throws: `GenerationError.invalidOption`.
  public init(width: Int, lengthPenalty: Double = usualLengthPenalty) throws {
    guard width >= 1, width <= Self.maximumWidth else {
      throw GenerationError.invalidOption(
        name: "beam", expected: "a whole number from 1 to \(Self.maximumWidth)", found: "\(width)",
        advice: "4 is usual.")
    }
    guard lengthPenalty >= 0, lengthPenalty.isFinite else {
      throw GenerationError.invalidOption(
        name: "length-penalty", expected: "a finite number of 0 or more", found: "\(lengthPenalty)",
        advice: "0 takes the likeliest text however short, \(Self.usualLengthPenalty) is usual.")
    }
    self.width = width
    self.lengthPenalty = lengthPenalty
  }

  /// The score of a text.
  ///
  /// - Parameters:
  ///   - logProbability: ln P of its tokens.
  ///   - tokens: how many they are.
  public func score(_ logProbability: Double, tokens: Int) -> Double {
    logProbability / pow((5 + Double(tokens)) / 6, lengthPenalty)
  }
}
