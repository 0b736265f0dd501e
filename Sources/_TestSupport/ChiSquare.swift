internal import Foundation

/// Pearson's test: could these counts have been drawn from that distribution?
///
///     χ² = Σ (observed − expected)² / expected,   p = Q(df / 2, χ² / 2)
///
/// Source: Pearson 1900; Q by the series and the continued fraction of Abramowitz & Stegun 1964, 6.5.29 and 6.5.31.
public struct ChiSquare: Sendable {
  /// χ².
  public var statistic: Double
  /// df, the number of cells less one.
  public var degreesOfFreedom: Int
  /// The probability of a statistic at least this large where the distribution is the expected one.
  public var pValue: Double

  /// Compares counts with probabilities.
  ///
  /// Cells in which fewer than five draws are expected are put together, since the statistic is no good for them. A
  /// draw that has no probability at all makes the p-value zero.
  ///
  /// - Parameters:
  ///   - observed: How often each outcome was drawn.
  ///   - probabilities: The probability of each, summing to 1.
  public init(observed: [Int], probabilities: [Double]) {
    precondition(
      observed.count == probabilities.count,
      "found \(observed.count) counts and \(probabilities.count) probabilities, expected as many of each")
    let draws = Double(observed.reduce(0, +))
    var statistic = 0.0
    var cells = 0
    var rare = (observed: 0.0, expected: 0.0)
    func add(_ observed: Double, _ expected: Double) {
      statistic += (observed - expected) * (observed - expected) / expected
      cells += 1
    }
    for (count, probability) in zip(observed, probabilities) {
      if probability == 0 {
        if count > 0 { statistic = .infinity }
      } else if probability * draws < 5 {
        rare.observed += Double(count)
        rare.expected += probability * draws
      } else {
        add(Double(count), probability * draws)
      }
    }
    if rare.expected > 0 { add(rare.observed, rare.expected) }
    self.statistic = statistic
    degreesOfFreedom = max(cells - 1, 0)
    pValue = Self.survival(statistic, degreesOfFreedom: degreesOfFreedom)
  }

  /// The probability that a χ² variable with so many degrees of freedom exceeds `statistic`.
  ///
  /// With no degree of freedom the statistic is 0 for certain.
  public static func survival(_ statistic: Double, degreesOfFreedom: Int) -> Double {
    guard statistic.isFinite else { return 0 }
    guard degreesOfFreedom > 0 else { return statistic > 1e-9 ? 0 : 1 }
    guard statistic > 0 else { return 1 }
    let a = Double(degreesOfFreedom) / 2
    let x = statistic / 2
    let factor = exp(a * log(x) - x - logGamma(a))
    return x < a + 1 ? 1 - factor * lowerSeries(a, x) : factor * upperFraction(a, x)
  }

  /// P(a, x) / (xᵃ e⁻ˣ / Γ(a)) = Σ xⁿ / (a (a + 1) … (a + n)).
  private static func lowerSeries(_ a: Double, _ x: Double) -> Double {
    var term = 1 / a
    var sum = term
    var n = 0.0
    while term > sum * 1e-16 {
      n += 1
      term *= x / (a + n)
      sum += term
    }
    return sum
  }

  /// Q(a, x) / (xᵃ e⁻ˣ / Γ(a)) = 1 / (x + (1 − a) / (1 + 1 / (x + (2 − a) / (1 + 2 / (x + …))))), from its far end.
  private static func upperFraction(_ a: Double, _ x: Double) -> Double {
    var tail = x
    // x is at least a + 1 here, where this many links settle every digit that a test looks at.
    for n in stride(from: 2_000.0, to: 0, by: -1) {
      tail = x + (n - a) / (1 + n / tail)
    }
    return 1 / tail
  }

  /// log Γ(a) for a = ½, 1, 1½, …: Γ(a) = (a − 1) Γ(a − 1), Γ(½) = √π, Γ(1) = 1.
  private static func logGamma(_ a: Double) -> Double {
    var result = 0.0
    var rest = a
    while rest > 1 {
      rest -= 1
      result += log(rest)
    }
    return rest == 0.5 ? result + log(Double.pi) / 2 : result
  }
}
