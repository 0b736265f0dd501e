/// What follows from a validation: averaging begins, or the run has an end.
extension Trainer {
  /// Whether the model is to be measured before the next step, which is none of an epoch's end.
  var isValidationDue: Bool {
    text.validation != nil && configuration.validationInterval.isDue(afterSteps: progress.step)
      && progress.validatedStep != progress.step
  }

  /// Whether the model is to be measured before anything else happens.
  var isMeasurementDue: Bool {
    progress.closedEpochs < progress.epoch
      ? isMeasuredAtEpochEnd && progress.validatedStep != progress.step : isValidationDue
  }

  /// Whether so many validations brought no lower loss that the run ends.
  var isOutOfPatience: Bool { configuration.patience.map { progress.validationsWithoutBest >= $0 } ?? false }

  /// Takes note of a validation.
  func heed(validationLoss: Double, isBest: Bool, _ onEvent: (TrainingEvent) throws -> Void) throws {
    progress.validationsWithoutBest = isBest ? 0 : progress.validationsWithoutBest + 1
    if progress.trigger?.observe(validationLoss: validationLoss) == true {
      step.startAveraging()
      progress.averagingStart = step.averaging?.averagingStart
      try onEvent(
        .notice(
          "step \(progress.step): the validation loss falls no more; from here on the model is the average of the weights."
        ))
    }
    if isOutOfPatience {
      try onEvent(
        .notice(
          "step \(progress.step): "
            + (progress.validationsWithoutBest == 1
              ? "the validation" : "\(progress.validationsWithoutBest) validations in a row")
            + " brought no lower loss; the run ends here, with the best weights so far."))
    }
  }
}
