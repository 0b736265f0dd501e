/// Numbers are checked as they were typed, in double precision, and used in single: 1e-50 is a positive number there and 0
/// here, where a divisor must not be.
package enum SinglePrecision {
  /// What messages say is expected.
  package static let positive = "a positive number that single precision can hold"

  /// Whether it is one.
  package static func isPositive(_ number: Double) -> Bool { Float(number) > 0 && Float(number).isFinite }

  /// Whether it is 0, or a number above 0 that is no 0 in single precision: a bound that is meant to be one.
  package static func isOffOrBound(_ number: Double) -> Bool { number == 0 || Float(number) > 0 && number.isFinite }
}
