extension Sequence where Element: BinaryFloatingPoint {
  /// The largest value, and infinity where one is no number: `max()` passes over that unless it stands first. Nil where there
  /// is no value.
  public func worst() -> Element? {
    reduce(nil) { found, value in value.isNaN ? .infinity : Swift.max(found ?? value, value) }
  }
}
