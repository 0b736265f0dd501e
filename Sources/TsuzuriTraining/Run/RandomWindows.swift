internal import TsuzuriData
internal import TsuzuriKernels

/// Windows of random lengths, anew in each epoch: so that what stands first and last in a window, and is learnt with the
/// shortest memory or none, is not the same in each epoch.
///
/// The mean is T, or in one window of twenty T / 2; around it the lengths are normal with a deviation of 5, and at least 5. A
/// longer window is a larger sample, so the step's rate is multiplied by length / T.
///
/// Source: Merity, Keskar & Socher 2018, section 4.1. Here no window is longer than T + 15, three deviations.
enum RandomWindows {
  private static let deviation = 5.0
  private static let shortest = 5
  /// How much longer than T a window can be.
  static let excess = 15

  /// The lengths of an epoch's windows, which are `count` together. Complexity: O(`count` / T).
  static func lengths(of count: Int, around length: Int, epoch: Int, seed: UInt64) -> [Int] {
    // Neither the streams of the seed itself nor those of dropout.
    var generator = CounterBasedGenerator(seed: seed ^ 0x7769_6e64_6f77_7300, stream: UInt64(epoch))
    var lengths: [Int] = []
    var rest = count
    while rest > 0 {
      let mean = generator.nextUniform() < 0.95 ? Double(length) : Double(length) / 2
      // Twelve uniform numbers have a variance of 1 together: a normal number to the eye, by additions that every machine
      // rounds alike.
      var normal = -6.0
      for _ in 0..<12 { normal += generator.nextUniform() }
      let drawn = Int((mean + deviation * normal).rounded())
      let next = min(rest, max(min(shortest, length), min(drawn, length + excess)))
      lengths.append(next)
      rest -= next
    }
    return lengths
  }
}

extension LaneBatcher {
  /// Cuts the windows of an epoch, where they are another in each.
  mutating func cut(for epoch: Int, by configuration: TrainingConfiguration) {
    guard configuration.hasRandomWindows else { return }
    cut(
      into: RandomWindows.lengths(
        of: laneLength, around: configuration.sequenceLength, epoch: epoch, seed: configuration.seed))
  }

  /// The rate of a step: in proportion to its window, where windows are of random lengths.
  func learningRate(_ rate: Double, ofStep step: Int, by configuration: TrainingConfiguration) -> Double {
    guard configuration.hasRandomWindows else { return rate }
    return rate * Double(rowCount(ofStep: step)) / Double(configuration.sequenceLength)
  }
}
