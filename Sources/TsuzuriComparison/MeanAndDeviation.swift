/// What several seeds came to: their mean and how far they lie apart.
public struct MeanAndDeviation: Sendable, Hashable {
  /// The arithmetic mean.
  public let mean: Double
  /// The standard deviation of a sample, with n − 1 below the sum; nil for a single value.
  public let deviation: Double?

  /// The measures of `values`; nil where there are none.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }
}
