/// Where a run is: the part of a checkpoint that is not tensors.
package struct TrainingProgress: Codable, Sendable, Hashable {
  /// Steps taken.
  package var step = 0
  /// The epoch that goes on, from 0.
  package var epoch = 0
  /// The epochs whose end was dealt with: the model was measured, and the state set to zero.
  package var closedEpochs = 0
  /// The window of the epoch that comes next.
  package var window = 0
  /// Tokens predicted.
  package var tokens = 0
  /// Seconds that have passed while the run was going.
  package var seconds = 0.0
  /// Seconds of those that steps took.
  package var stepSeconds = 0.0
  /// The schedule's state.
  package var scheduler: LearningRateScheduler
  /// The lowest validation loss so far.
  package var bestValidationLoss: Double?
  /// The step of the last validation.
  package var validatedStep: Int?
  /// Validations in a row that brought no lower loss.
  package var validationsWithoutBest = 0
  /// What waits for the validations to tell that averaging is to begin; nil where none is or it began at once.
  package var trigger: NonMonotoneTrigger?
  /// The optimizer's steps behind which it began.
  package var averagingStart: Int?
  /// The sum of the losses since the last line of the log, and over how many tokens.
  package var lossSum = 0.0
  package var lossTokens = 0
  /// The seconds that the steps since then took.
  package var reportSeconds = 0.0
  /// The rate and the gradient's norm of the last step.
  package var learningRate = 0.0
  package var gradientNorm = 0.0
  /// The loss of the last line of the log.
  package var reportedLoss: Double?
  /// Steps in a row whose loss or gradient was not finite, or whose loss was absurd.
  package var lostInARow = 0
  /// Steps that were not taken because something was not finite, those after which the run went back included.
  package var skippedSteps = 0
  /// How often the run went back to a good state.
  package var setbacks = 0
  /// What setbacks have left of the schedule's rate.
  package var rateFactor = 1.0
  /// The step from which the run went back, until a line of the log has told of it.
  package var wentBackFromStep: Int?
  /// Where the run gave up, and the rate that it had.
  package var divergence: Divergence?
  /// Whether the run has reached its end.
  package var isFinished = false

  /// The step of the last line of the log.
  package var loggedStep = 0
  /// What the log is up to there; nil in a checkpoint that does not tell.
  package var logged: LoggedPart? = LoggedPart()

  /// The end of a run that went astray too often.
  package struct Divergence: Codable, Sendable, Hashable {
    package var step: Int
    package var learningRate: Double
  }

  /// Whether a run can be there at all.
  package var isPossible: Bool {
    let counts = [
      step, epoch, closedEpochs, window, tokens, lossTokens, lostInARow, skippedSteps, setbacks, loggedStep,
      logged?.bytes ?? 0, validationsWithoutBest, averagingStart ?? 0, trigger?.interval ?? 0,
    ]
    guard rateFactor > 0 && rateFactor <= 1 else { return false }
    return counts.allSatisfy { $0 >= 0 && $0 < 1 << 60 } && closedEpochs <= epoch && seconds >= 0 && stepSeconds >= 0
  }

  package init(scheduler: LearningRateScheduler) { self.scheduler = scheduler }
}
