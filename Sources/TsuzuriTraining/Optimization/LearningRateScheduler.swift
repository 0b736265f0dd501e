internal import Foundation

/// Follows a schedule through a run: what rate each step has, and what that depends on so far.
///
/// A value with all its state, which the checkpoint stores as it is.
public struct LearningRateScheduler: Codable, Sendable, Hashable {
  /// The schedule that is followed.
  public let schedule: LearningRateSchedule
  /// The rate that the schedule varies.
  public let baseLearningRate: Double

  /// The progress at which warm-up ended: warm-up counts steps, so it is known only once that step comes.
  private var progressAfterWarmup: Double?
  /// The rate that plateaus have left.
  private var plateauRate: Double
  /// The lowest validation loss so far, if there was one.
  private var bestLoss: Double?
  /// Validations in a row without an improvement.
  private var validationsWithoutImprovement = 0

  /// Starts at the beginning of a run.
  ///
  /// - Throws: ``OptimizationError`` for an impossible rate or schedule.
  public init(_ schedule: LearningRateSchedule, learningRate: Double) throws {
    try OptimizationError.require(
      SinglePrecision.isPositive(learningRate), option: "--learning-rate", expected: SinglePrecision.positive,
      found: learningRate)
    try schedule.validate()
    self.schedule = schedule
    baseLearningRate = learningRate
    plateauRate = learningRate
  }

  /// The rate of a step that is about to be taken.
  ///
  /// - Parameters:
  ///   - step: The number of steps taken before it.
  ///   - progress: How much of the run lies behind, from 0 to 1: the largest share among steps of `--max-steps`,
  ///     epochs of `--epochs` and seconds of `--time-limit`. Step s of N known ones has s / N.
  ///   - epoch: The epochs that lie behind.
  public mutating func learningRate(step: Int, progress: Double, epoch: Int = 0) -> Double {
    let isWarming = step < schedule.warmupSteps
    if !isWarming, progressAfterWarmup == nil { progressAfterWarmup = schedule.warmupSteps == 0 ? 0 : progress }
    let warmth = isWarming ? (Double(step) + 1) / (Double(schedule.warmupSteps) + 1) : 1
    // How much of what warm-up leaves lies behind.
    let start = progressAfterWarmup ?? progress
    let part = isWarming ? 0 : start < 1 ? min(max((progress - start) / (1 - start), 0), 1) : 1
    switch schedule.shape {
    case .constant: return baseLearningRate * warmth
    case .plateau: return plateauRate * warmth
    case .cosine(let finalFraction):
      let fraction = finalFraction + (1 - finalFraction) * (1 + cos(.pi * part)) / 2
      return baseLearningRate * fraction * warmth
    case .step(let afterEpoch, let factor):
      return baseLearningRate / power(factor, max(0, epoch + 1 - afterEpoch)) * warmth
    case .oneCycle(let rise, let initialDivisor, let finalDivisor):
      let low = 1 / initialDivisor
      let fraction = Self.oneCycle(
        step: step - schedule.warmupSteps, part: part, rise: rise, from: low, to: low / finalDivisor)
      return baseLearningRate * fraction * warmth
    }
  }

  /// The part of the rate that step `step` of one cycle has, where `part` of it lies behind.
  private static func oneCycle(step: Int, part: Double, rise: Double, from low: Double, to end: Double) -> Double {
    guard step > 0, part > 0 else { return low }
    // PyTorch counts in steps of a known number. Where time bounds the run, this is how many there seem to be.
    let (s, steps) = (Double(step), Double(step) / part)
    let (top, last) = (rise * steps - 1, steps - 1)
    func between(_ a: Double, _ b: Double, _ x: Double) -> Double { b + (a - b) / 2 * (1 + cos(.pi * min(x, 1))) }
    if s <= top { return between(low, 1, s / top) }
    return last > top ? between(1, end, (s - top) / (last - top)) : end
  }

  /// Takes note of a validation. Only the plateau schedule heeds it; a loss that is NaN is no improvement.
  public mutating func observe(validationLoss: Double) {
    guard case .plateau(let factor, let patience, let threshold, let minimumFraction) = schedule.shape else {
      return
    }
    if validationLoss < (bestLoss ?? .infinity) * (1 - threshold) {
      bestLoss = validationLoss
      validationsWithoutImprovement = 0
    } else if validationsWithoutImprovement < .max {
      // A number that a checkpoint can hold must not overflow.
      validationsWithoutImprovement += 1
    }
    guard validationsWithoutImprovement > patience else { return }
    validationsWithoutImprovement = 0
    let reduced = max(plateauRate * factor, baseLearningRate * minimumFraction)
    // PyTorch's eps: a smaller change is none.
    if plateauRate - reduced > 1e-8 { plateauRate = reduced }
  }
}
