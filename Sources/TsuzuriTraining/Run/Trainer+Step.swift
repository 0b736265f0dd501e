internal import TsuzuriData

extension Trainer {
  /// Takes the next step, and tells of it; goes back where the run has lost its way.
  func takeStep(seconds: () -> Double, onEvent: (TrainingEvent) throws -> Void) throws {
    let candidate = goodStateCandidate()
    let scheduled =
      progress.scheduler.learningRate(step: progress.step, progress: share, epoch: progress.epoch) * progress.rateFactor
    let rate = batcher.learningRate(scheduled, ofStep: progress.window, by: configuration)
    let start = seconds()
    let outcome = try step.run(batcher, window: progress.window, step: progress.step, learningRate: rate)
    progress.seconds = seconds()
    let duration = progress.seconds - start
    progress.step += 1
    progress.window += 1
    progress.tokens += outcome.tokens
    progress.stepSeconds += duration
    progress.reportSeconds += duration
    progress.learningRate = rate
    progress.gradientNorm = outcome.gradientNorm
    if outcome.isApplied {
      progress.lossSum += outcome.loss * Double(outcome.tokens)
      progress.lossTokens += outcome.tokens
    } else {
      progress.skippedSteps += 1
      try onEvent(.notice("step \(progress.step): the loss or the gradient is not finite; the step is not taken."))
    }
    progress.lostInARow = isLost(outcome) ? progress.lostInARow + 1 : 0
    if progress.lostInARow == 0, let candidate { keep(candidate) }
    let report = report()
    if progress.window == batcher.stepCount {
      progress.window = 0
      progress.epoch += 1
      batcher.cut(for: progress.epoch, by: configuration)
    }
    if hasDiverged(after: outcome, isLast: isDone) { return try goBack(onEvent) }
    try onEvent(.stepped(report))
    // A step that is followed by a validation gets one line, which tells of both.
    let isMeasured =
      progress.window == 0 && isMeasuredAtEpochEnd || text.validation != nil && isDone || isValidationDue
    if progress.step % configuration.reportInterval == 0 || isDone, !isMeasured {
      try write(report, onEvent)
    }
  }

  /// What is told of the run as it is now.
  func report(validationLoss: Double? = nil, bitsPerByte: Double? = nil) -> TrainingReport {
    let loss = progress.lossTokens > 0 ? progress.lossSum / Double(progress.lossTokens) : progress.reportedLoss
    let isNew = progress.reportSeconds > 0
    // After the last window of an epoch the progress already names the next one.
    let epoch = progress.epoch + (progress.window == 0 && progress.step > 0 ? 0 : 1)
    return TrainingReport(
      step: progress.step, epoch: epoch, tokens: progress.tokens, seconds: progress.seconds, loss: loss ?? .nan,
      learningRate: progress.learningRate, gradientNorm: progress.gradientNorm,
      tokensPerSecond: isNew
        ? Double(progress.lossTokens) / progress.reportSeconds : Double(progress.tokens) / progress.stepSeconds,
      validationLoss: validationLoss, validationBitsPerByte: bitsPerByte, progress: share)
  }

  /// Writes a line into the log; the next one counts from here.
  func write(_ report: TrainingReport, _ onEvent: (TrainingEvent) throws -> Void) throws {
    try log?.append(
      report, to: &progress.logged, resumedFromStep: resumedFromStep, wentBackFromStep: progress.wentBackFromStep,
      skippedSteps: progress.skippedSteps)
    (resumedFromStep, progress.wentBackFromStep) = (nil, nil)
    progress.loggedStep = report.step
    (progress.lossSum, progress.lossTokens, progress.reportSeconds) = (0, 0, 0)
    progress.reportedLoss = report.loss
    try onEvent(.reported(report))
  }
}
