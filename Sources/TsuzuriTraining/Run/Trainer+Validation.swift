internal import CKernels
internal import TsuzuriData
internal import TsuzuriEvaluation
internal import TsuzuriModel

extension Trainer {
  /// Measures the model if that is due, tells of the epoch's end, and begins the next one from a state of zeros; false where
  /// the measuring was given up.
  func closeEpoch(
    seconds: () -> Double, shouldStop: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> Bool {
    if isMeasurementDue {
      guard try validate(seconds: seconds, shouldStop: shouldStop, onEvent: onEvent) else { return false }
    }
    step.resetState()
    progress.closedEpochs = progress.epoch
    try onEvent(.epochEnded(epoch: progress.epoch))
    // A step without a validation may have its line already; if the run found its end here, it would get another.
    if progress.validatedStep == progress.step { progress.seconds = seconds() }
    return true
  }

  /// Whether the model is measured after the epoch that ends.
  var isMeasuredAtEpochEnd: Bool {
    text.validation != nil && configuration.validationInterval.isDue(afterEpochs: progress.epoch)
  }

  /// Measures the weights as they are, keeps them if they are the best so far, and heeds what follows; false where it was given
  /// up.
  func validate(
    seconds: () -> Double, shouldStop: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> Bool {
    guard let validation = text.validation else { return true }
    let snapshot = step.measuredSnapshot()
    let model = LanguageModel(model, layout: step.layout, parameters: snapshot)
    var failure: (any Error)?
    let score = try validation.score(by: model, scoresEndOfText: text.scoresEndOfText, threads: threads) { share in
      do {
        try onEvent(.validating(progress: share))
      } catch {
        failure = error
      }
      return failure == nil && !shouldStop()
    }
    if let failure { throw failure }
    guard let score else { return false }
    // Else a run's memory would be that of the largest measurement so far, and not that of its steps.
    tz_release_free_memory()
    progress.seconds = seconds()
    let loss = score.nats / Double(max(1, score.tokens))
    let bits = validation.utf8Count.map { score.codeNats / natsPerBit / Double(max(1, $0)) }
    progress.scheduler.observe(validationLoss: loss)
    progress.validatedStep = progress.step
    // A model that has lost its way is not the best, even if it is the first to be measured.
    let isBest = loss < progress.bestValidationLoss ?? lossLimit
    let report = report(validationLoss: loss, bitsPerByte: bits)
    if isBest {
      progress.bestValidationLoss = loss
      best = snapshot
      writeModel(snapshot)
    }
    try write(report, onEvent)
    try onEvent(.validated(report, isBest: isBest))
    try heed(validationLoss: loss, isBest: isBest, onEvent)
    return true
  }
}
