/// When a run is to be measured: `count` times, at equal distances of its progress from 0 to 1, the last time at its end.
struct MeasurementPlan {
  let count: Int
  private var taken = 0

  init(count: Int) { self.count = max(1, count) }

  /// Whether a measurement is due at this progress; if it is, those that were passed over are not made up for.
  mutating func isDue(at progress: Double) -> Bool {
    // The last digit of a sum of seconds must not cost the last point.
    let reached = progress >= 1 ? count : Int(progress * Double(count) + 1e-9)
    guard reached > taken else { return false }
    taken = reached
    return true
  }
}
