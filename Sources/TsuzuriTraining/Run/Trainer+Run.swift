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
  ///   ``TrainingError/notSaved(_:bytes:lastStep:)`` where the folder cannot be written; `TokenFileError` where the tokens
  ///   cannot be read any more; what `onEvent` throws.
  public func run(
    clock: some Clock<Duration> = ContinuousClock(), onEvent: (TrainingEvent) throws -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> TrainingResult {
    // Nobody may find the folder half written after this returns, whichever way it does.
    defer { saving?.wait() }
    do {
      return try train(clock: clock, onEvent: onEvent, shouldStop: shouldStop)
    } catch let error as ArchiveError {
      // What cannot be read is no matter of room on the disk.
      if case .unwritable = error { throw notSaved(error) }
      throw error
    }
  }

  private func train(
    clock: some Clock<Duration>, onEvent: (TrainingEvent) throws -> Void, shouldStop: () -> Bool
  ) throws -> TrainingResult {
    for notice in notices { try onEvent(.notice(notice)) }
    if progress.isFinished || divergence != nil, isModelLost {
      try prepareFolder(onEvent)
      if progress.isFinished, areStatisticsLost, try !writeGradientStatistics(shouldStop: shouldStop) {
        // Nothing is saved, so that who resumes it finds the same to do.
        return result(isInterrupted: true)
      }
      save()
      try waitUntilSaved(onEvent)
    }
    if let divergence { throw divergence }
    try prepareFolder(onEvent)
    if progress.isFinished {
      try onEvent(.notice("the run is finished; it is left as it is."))
      return result(isInterrupted: false)
    }
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
      // Weights that the last step has broken are not measured, nor is an end come to with them: no step is left that would
      // find out.
      if isDone || isMeasurementDue, !hasFiniteWeights {
        try goBack(onEvent)
        savedStep = min(savedStep, progress.step)
        continue
      }
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
  var isDone: Bool {
    progress.epoch >= configuration.epochs || progress.step >= configuration.maximumSteps ?? .max
      || progress.seconds >= configuration.timeLimitSeconds ?? .infinity || isOutOfPatience
  }

  /// How much of the run lies behind, by the bound that is nearest.
  var share: Double {
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

  func result(isInterrupted: Bool) -> TrainingResult {
    TrainingResult(
      steps: progress.step, tokens: progress.tokens, seconds: progress.seconds,
      tokensPerSecond: progress.stepSeconds > 0 ? Double(progress.tokens) / progress.stepSeconds : 0,
      trainingLoss: progress.reportedLoss
        ?? (progress.lossTokens > 0 ? progress.lossSum / Double(progress.lossTokens) : nil),
      validationLoss: progress.bestValidationLoss, skippedSteps: progress.skippedSteps, setbacks: progress.setbacks,
      parameters: step.layout.parameterCount, isInterrupted: isInterrupted, savedStep: saving?.lastSavedStep)
  }

  private func stop(_ onEvent: (TrainingEvent) throws -> Void) throws -> TrainingResult {
    save()
    try waitUntilSaved(onEvent)
    return result(isInterrupted: true)
  }
}
