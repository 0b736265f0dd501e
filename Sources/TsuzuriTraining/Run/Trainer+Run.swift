internal import Foundation
internal import TsuzuriArchive
internal import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel

extension Trainer {
  /// Runs to the end, or until it is asked to stop; then everything is saved.
  ///
  /// - Parameters:
  ///   - clock: what time limits, speeds and the log's seconds are read from.
  ///   - onEvent: is told what happens, on the calling thread; what it throws ends the run.
  ///   - shouldStop: is asked before each step and during validation.
  /// - Throws: ``TrainingError/diverged(step:setbacks:learningRate:kept:)``;
  ///   ``TrainingError/notSaved(_:bytes:lastStep:)`` where the folder cannot be written.
  public func run(
    clock: some Clock<Duration> = ContinuousClock(), onEvent: (TrainingEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> TrainingResult {
    // Nobody may find the folder half written after this returns, whichever way it does.
    defer { saving?.wait() }
    do {
      return try train(clock: clock, onEvent: onEvent, shouldStop: shouldStop)
    } catch let error as ArchiveError {
      throw notSaved(error)
    }
  }

  private func train(
    clock: some Clock<Duration>, onEvent: (TrainingEvent) throws -> Void, shouldStop: () -> Bool
  ) throws -> TrainingResult {
    for notice in notices { try onEvent(.notice(notice)) }
    if progress.isFinished {
      try onEvent(.notice("the run is finished; it is left as it is."))
      return result(isInterrupted: false)
    }
    if let divergence { throw divergence }
    try prepareFolder()
    try onEvent(
      .started(
        TrainingStart(
          parameters: step.layout.parameterCount, tokensPerEpoch: batcher.predictedTokenCount,
          stepsPerEpoch: batcher.stepCount, step: progress.step)))
    let begin = clock.now
    let before = progress.seconds
    func seconds() -> Double { before + begin.duration(to: clock.now).seconds }
    var savedSeconds = before
    var savedStep = progress.step

    while true {
      if progress.closedEpochs < progress.epoch {
        guard try closeEpoch(seconds: seconds, shouldStop: shouldStop, onEvent: onEvent) else {
          return try stop(onEvent)
        }
      } else if isValidationDue {
        guard try validate(seconds: seconds, shouldStop: shouldStop, onEvent: onEvent) else {
          return try stop(onEvent)
        }
      }
      if isDone { break }
      if shouldStop() { return try stop(onEvent) }
      try takeStep(seconds: seconds, onEvent: onEvent)
      // A run that went back was saved where it went to.
      savedStep = min(savedStep, progress.step)
      let isDue =
        switch configuration.checkpointInterval {
        case .steps(let steps): progress.step - savedStep >= steps
        case .seconds(let interval): progress.seconds - savedSeconds >= interval
        }
      try tellWhatIsSaved(onEvent)
      // So many steps are so many steps; so many seconds may be a few more, rather than wait for a slow disk.
      if isDue && !isDone, isCountedInSteps || saving?.isBusy != true {
        if isCountedInSteps { try waitUntilSaved(onEvent) }
        save()
        (savedSeconds, savedStep) = (seconds(), progress.step)
      }
    }
    if text.validation != nil && progress.validatedStep != progress.step {
      guard try validate(seconds: seconds, shouldStop: shouldStop, onEvent: onEvent) else { return try stop(onEvent) }
    }
    guard try writeGradientStatistics(shouldStop: shouldStop) else { return try stop(onEvent) }
    progress.isFinished = true
    save()
    try waitUntilSaved(onEvent)
    return result(isInterrupted: false)
  }

  private var isCountedInSteps: Bool {
    if case .steps = configuration.checkpointInterval { true } else { false }
  }

  /// Whether one of the run's bounds is reached.
  private var isDone: Bool {
    progress.epoch >= configuration.epochs || progress.step >= configuration.maximumSteps ?? .max
      || progress.seconds >= configuration.timeLimitSeconds ?? .infinity || isOutOfPatience
  }

  /// How much of the run lies behind, by the bound that is nearest.
  private var share: Double {
    let steps = Double(progress.step)
    // Of random windows no two epochs have as many.
    let ofEpochs =
      configuration.hasRandomWindows
      ? (Double(progress.epoch) + Double(batcher.start(ofStep: progress.window)) / Double(batcher.laneLength))
        / Double(configuration.epochs) : steps / (Double(configuration.epochs) * Double(batcher.stepCount))
    let ofSteps = configuration.maximumSteps.map { steps / Double($0) } ?? 0
    let ofTime = configuration.timeLimitSeconds.map { progress.seconds / $0 } ?? 0
    return min(1, max(ofEpochs, ofSteps, ofTime))
  }

  private func takeStep(seconds: () -> Double, onEvent: (TrainingEvent) throws -> Void) throws {
    try batcher.check(step: progress.window)
    let candidate = goodStateCandidate()
    var rate =
      progress.scheduler.learningRate(step: progress.step, progress: share, epoch: progress.epoch) * progress.rateFactor
    if configuration.hasRandomWindows {
      rate *= Double(batcher.rowCount(ofStep: progress.window)) / Double(configuration.sequenceLength)
    }
    let start = seconds()
    let outcome = step.run(batcher, window: progress.window, step: progress.step, learningRate: rate)
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
    let isMeasured = text.validation != nil && (progress.window == 0 || isDone || isValidationDue)
    if progress.step % configuration.reportInterval == 0 || isDone, !isMeasured {
      try write(report, onEvent)
    }
  }

  private func report(validationLoss: Double? = nil, bitsPerByte: Double? = nil) -> TrainingReport {
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

  private func write(_ report: TrainingReport, _ onEvent: (TrainingEvent) throws -> Void) throws {
    try log?.append(
      report, resumedFromStep: resumedFromStep, wentBackFromStep: progress.wentBackFromStep,
      skippedSteps: progress.skippedSteps)
    (resumedFromStep, progress.wentBackFromStep) = (nil, nil)
    progress.loggedStep = report.step
    (progress.lossSum, progress.lossTokens, progress.reportSeconds) = (0, 0, 0)
    progress.reportedLoss = report.loss
    try onEvent(.reported(report))
  }

  /// Measures the model, tells of it, and begins the next epoch from a state of zeros; false where it was given up.
  private func closeEpoch(
    seconds: () -> Double, shouldStop: () -> Bool, onEvent: (TrainingEvent) throws -> Void
  ) throws -> Bool {
    if text.validation != nil && progress.validatedStep != progress.step {
      guard try validate(seconds: seconds, shouldStop: shouldStop, onEvent: onEvent) else { return false }
    }
    step.resetState()
    progress.closedEpochs = progress.epoch
    try onEvent(.epochEnded(epoch: progress.epoch, model: currentModel))
    progress.seconds = seconds()
    return true
  }

  private func validate(
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

  func result(isInterrupted: Bool) -> TrainingResult {
    TrainingResult(
      steps: progress.step, tokens: progress.tokens, seconds: progress.seconds,
      tokensPerSecond: progress.stepSeconds > 0 ? Double(progress.tokens) / progress.stepSeconds : 0,
      trainingLoss: progress.reportedLoss
        ?? (progress.lossTokens > 0 ? progress.lossSum / Double(progress.lossTokens) : nil),
      validationLoss: progress.bestValidationLoss, skippedSteps: progress.skippedSteps, setbacks: progress.setbacks,
      parameters: step.layout.parameterCount, isInterrupted: isInterrupted)
  }

  private func stop(_ onEvent: (TrainingEvent) throws -> Void) throws -> TrainingResult {
    save()
    try waitUntilSaved(onEvent)
    return result(isInterrupted: true)
  }
}

/// Nats in a bit.
private let natsPerBit = 0.693147180559945309417

extension Duration {
  /// The duration in seconds.
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
