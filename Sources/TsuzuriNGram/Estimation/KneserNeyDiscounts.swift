/// What modified Kneser-Ney smoothing takes away from the counts of one order, to give it to what was not seen.
///
///     Y = t₁ / (t₁ + 2 t₂)      D(j) = j − (j + 1) Y t_{j+1} / t_j      j = 1, 2, 3 (3 stands for more, too)
///
/// where t_j is the number of n-grams of the order with the adjusted count j. In a small or strange text one of t₁, t₂
/// and t₃ can be 0, or a discount fall outside of 0 < D(j) ≤ j; then D = 1/2, 1, 3/2.
///
/// Source: Chen & Goodman 1999, equation 26; the values for such texts are those of KenLM's `--discount_fallback`.
public struct KneserNeyDiscounts: Codable, Sendable, Hashable {
  /// What is taken from a count of 1.
  public let one: Double
  /// What is taken from a count of 2.
  public let two: Double
  /// What is taken from a count of 3 or more.
  public let more: Double
  /// Whether the counts allow no estimate, and these are the values for such texts.
  public let isFallback: Bool

  /// The discounts for an order.
  ///
  /// - Parameter t: t₁ to t₄, the numbers of n-grams with the adjusted counts 1 to 4.
  public init(countsOfCounts t: [Int]) {
    precondition(t.count == 4, "\(t.count) counts of counts were given, expected 4")
    let t = t.map(Double.init)
    let y = t[0] / (t[0] + 2 * t[1])
    let estimates = (1...3).map { j in Double(j) - Double(j + 1) * y * t[j] / t[j - 1] }
    // A count of 0 makes a quotient infinite or no number, which no comparison accepts.
    isFallback = !zip(1..., estimates).allSatisfy { j, discount in discount > 0 && discount <= Double(j) }
    (one, two, more) = isFallback ? (0.5, 1, 1.5) : (estimates[0], estimates[1], estimates[2])
  }

  /// The discounts for the counts of an order; zeros are not counted.
  init(of counts: [UInt32]) {
    var t = [0, 0, 0, 0]
    for count in counts where (1...4).contains(count) { t[Int(count) - 1] += 1 }
    self.init(countsOfCounts: t)
  }

  /// What is taken from a count.
  @inline(__always)
  func discount(of count: UInt32) -> Double {
    switch count {
    case 0: 0
    case 1: one
    case 2: two
    default: more
    }
  }
}
