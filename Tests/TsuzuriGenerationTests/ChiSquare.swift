/// Whether counts can have come from a distribution (Pearson's chi-square test).
///
/// Cells of fewer than five expected draws are pooled. The threshold is the value that chi-square exceeds with a
/// probability of 10⁻⁶, by the approximation of Wilson & Hilferty 1931: seeds are fixed, so a test that passes once
/// passes for ever, and one in a million is what a new seed would risk.
struct ChiSquare {
  /// The normal deviate that is exceeded with a probability of 10⁻⁶.
  static let deviate = 4.7534

  let statistic: Double
  let threshold: Double
  /// Draws of what has probability zero.
  let impossible: Int

  var isPlausible: Bool { impossible == 0 && statistic <= threshold }

  init(counts: [Int], probabilities: [Double]) {
    precondition(counts.count == probabilities.count)
    let draws = Double(counts.reduce(0, +))
    var statistic = 0.0
    var cells = 0
    var pooled = (observed: 0.0, expected: 0.0)
    var impossible = 0
    func add(_ observed: Double, _ expected: Double) {
      statistic += (observed - expected) * (observed - expected) / expected
      cells += 1
    }
    for (count, probability) in zip(counts, probabilities) {
      let expected = probability * draws
      if probability == 0 {
        impossible += count
      } else if expected < 5 {
        pooled.observed += Double(count)
        pooled.expected += expected
      } else {
        add(Double(count), expected)
      }
    }
    if pooled.expected > 0 { add(pooled.observed, max(pooled.expected, 1)) }
    self.statistic = statistic
    self.impossible = impossible
    let freedom = Double(max(cells - 1, 1))
    let spread = 2 / (9 * freedom)
    let root = 1 - spread + Self.deviate * spread.squareRoot()
    threshold = freedom * root * root * root
  }
}
