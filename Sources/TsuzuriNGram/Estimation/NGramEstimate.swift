internal import Foundation
public import TsuzuriData

/// An n-gram model as it comes from a text: interpolated modified Kneser-Ney smoothing.
///
///     p(w | c) = (a(c w) − D_n(a(c w))) / Σ_x a(c x) + γ(c) p(w | c′)        n-grams of order n, c′ = c without its first token
///     γ(c)     = Σ_x D_n(a(c x)) / Σ_x a(c x)
///     p(w)     = (a(w) − D_1(a(w))) / Σ_x a(x) + γ / V
///
/// with the adjusted counts a and the discounts D of each order; behind a context that was never seen, p(w | c) is
/// p(w | c′). So every token has a probability behind every context, and they sum to one.
///
/// Source: Chen & Goodman 1999, equations 23 to 26; Heafield et al. 2013, whose program, KenLM's `lmplz`, estimates the
/// same.
public struct NGramEstimate: Sendable {
  /// The model.
  public let model: NGramModel
  /// The discounts of each order, that of single tokens first.
  public let discounts: [KneserNeyDiscounts]
  /// How many tokens were learnt from.
  public let tokens: Int

  /// Estimates a model.
  ///
  /// - Parameters:
  ///   - source: tokens, beginning with `<eos>`; where that is missing, it is thought to stand there.
  ///   - range: the part of them to learn from.
  ///   - configuration: the model's shape.
  ///   - predictsEndOfText: whether `<eos>` is learnt where it stands inside of the text.
  /// - Throws: ``NGramError``, or where the tokens cannot be read.
  /// - Complexity: O(order · (tokens + V)) time; 20 bytes a token and 28 an n-gram.
  public init(
    of source: some TokenSequence, range: Range<Int>? = nil, configuration: NGramConfiguration,
    predictsEndOfText: Bool = true
  ) throws {
    try configuration.validate()
    let (order, size) = (configuration.order, configuration.vocabularySize)
    let stream = try NGramStream(
      source, range: range ?? 0..<source.count, configuration: configuration, predictsEndOfText: predictsEndOfText)
    tokens = stream.reach.count { $0 > 0 }
    guard tokens > 0 else { throw NGramError.nothingToLearn }
    let counted = NGramCounts(stream, order: order, vocabularySize: size)
    discounts = counted.levels.map { KneserNeyDiscounts(of: $0.counts) }
    let memory = NGramMemory()
    var levels: [NGramLevel] = []
    var probabilities: [Double] = []
    // γ of the empty context, and of the contexts of one level for the next.
    var weights: [Double] = []
    for (level, discounts) in zip(counted.levels, discounts) {
      if levels.isEmpty {
        let total = Self.sums(level.counts[...], discounts)
        weights = [total.discounts / total.counts]
        probabilities = level.counts.map { count in
          (Double(count) - discounts.discount(of: count)) / total.counts + weights[0] / Double(size)
        }
      } else {
        probabilities = Self.probabilities(
          of: level, behind: counted.levels[levels.count - 1].firstChildren, discounts, shorter: probabilities,
          weights: &weights)
        levels[levels.count - 1].logWeights = memory.copy(Self.logarithms(weights))
      }
      levels.append(
        NGramLevel(
          tokens: memory.copy(level.tokens), logProbabilities: memory.copy(Self.logarithms(probabilities)),
          firstChildren: memory.copy(level.firstChildren)))
    }
    model = NGramModel(configuration, levels: levels, memory: memory)
  }

  /// The probabilities of a level's n-grams, from those of the level before; `weights` becomes γ of the contexts.
  private static func probabilities(
    of level: NGramCounts.Level, behind begins: [UInt32], _ discounts: KneserNeyDiscounts, shorter: [Double],
    weights: inout [Double]
  ) -> [Double] {
    weights = [Double](repeating: 1, count: begins.count - 1)
    var probabilities = [Double](repeating: 0, count: level.counts.count)
    for context in weights.indices where begins[context] < begins[context + 1] {
      let children = Int(begins[context])..<Int(begins[context + 1])
      let total = sums(level.counts[children], discounts)
      let weight = total.discounts / total.counts
      weights[context] = weight
      for child in children {
        let count = level.counts[child]
        probabilities[child] =
          (Double(count) - discounts.discount(of: count)) / total.counts
          + weight * shorter[Int(level.suffixes[child])]
      }
    }
    return probabilities
  }

  /// Rounding may lift a probability above 1 by its last bit.
  private static func logarithms(_ values: [Double]) -> [Float] { values.map { Float(min(0, log($0))) } }

  private static func sums(
    _ counts: ArraySlice<UInt32>, _ discounts: KneserNeyDiscounts
  ) -> (counts: Double, discounts: Double) {
    var (sum, taken) = (0.0, 0.0)
    for count in counts {
      sum += Double(count)
      taken += discounts.discount(of: count)
    }
    return (sum, taken)
  }
}
