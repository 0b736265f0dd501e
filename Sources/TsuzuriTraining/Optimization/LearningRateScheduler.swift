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
      learningRate > 0 && learningRate.isFinite, option: "--learning-rate", expected: "a positive finite number",
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
  public mutating func learningRate(step: Int, progress: Double) -> Double {
    switch schedule {
    case .constant: return baseLearningRate
    case .plateau: return plateauRate
    case .cosine(let warmupSteps, let finalFraction):
      if step < warmupSteps { return baseLearningRate * Double(step + 1) / Double(warmupSteps + 1) }
      let start = progressAfterWarmup ?? (warmupSteps == 0 ? 0 : progress)
      progressAfterWarmup = start
      let annealed = start < 1 ? min(max((progress - start) / (1 - start), 0), 1) : 1
      let fraction = finalFraction + (1 - finalFraction) * (1 + cos(.pi * annealed)) / 2
      return baseLearningRate * fraction
    }
  }

  /// Takes note of a validation. Only the plateau schedule heeds it; a loss that is NaN is no improvement.
  public mutating func observe(validationLoss: Double) {
    guard case .plateau(let factor, let patience, let threshold, let minimumFraction) = schedule else { return }
    if validationLoss < (bestLoss ?? .infinity) * (1 - threshold) {
      bestLoss = validationLoss
      validationsWithoutImprovement = 0
    } else {
      validationsWithoutImprovement += 1
    }
    guard validationsWithoutImprovement > patience else { return }
    validationsWithoutImprovement = 0
    let reduced = max(plateauRate * factor, baseLearningRate * minimumFraction)
    // PyTorch's eps: a smaller change is none.
    if plateauRate - reduced > 1e-8 { plateauRate = reduced }
  }
}
