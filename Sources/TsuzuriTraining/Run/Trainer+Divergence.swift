internal import CKernels
internal import Foundation
internal import Synchronization
internal import TsuzuriArchive
internal import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel

/// What a run does when it loses its way: it goes back to the last good state with half the learning rate, a few times.
///
/// A step is *lost* if its loss or gradient is not finite, and then it is not taken, or if its loss is more than ten times
/// ln V, that of a blind guess among V tokens. A state is good if the steps before and after it are not lost. One is kept
/// every ``TrainingConfiguration/goodStateInterval`` steps: steps and not seconds decide, so that a run that was stopped
/// and resumed goes back to the same state as one that was not.
extension Trainer {
  /// How many lost steps in a row end a run's way.
  private static let toleratedLosses = 10
  /// By how much a learning rate falls.
  private static let rateFactor = 0.5

  /// Where the good state is: on the disk, or here where the run has no folder.
  final class GoodState: Sendable {
    let stored: Mutex<StoredCheckpoint?>
    init(_ stored: StoredCheckpoint?) { self.stored = Mutex(stored) }
  }

  /// The largest loss of a step that is not lost.
  var lossLimit: Double { 10 * Foundation.log(Double(max(2, model.vocabularySize))) }

  /// Whether the loss tells of a model that has lost its way.
  func isLost(_ outcome: TrainingStep.Outcome) -> Bool { !outcome.isApplied || outcome.loss > lossLimit }

  /// A copy of the state before a step, if it is time for one; it is good if the step turns out not to be lost.
  func goodStateCandidate() -> Checkpoint? {
    // A run that neither goes back nor leaves a model behind needs none.
    guard configuration.divergenceRetries > 0 || saving != nil, progress.lostInARow == 0 else { return nil }
    guard goodStep == nil || progress.step % configuration.goodStateInterval == 0, goodStep != progress.step else {
      return nil
    }
    return checkpoint(step.snapshot())
  }

  /// Keeps a state that has turned out to be good.
  func keep(_ candidate: Checkpoint) {
    goodStep = candidate.header.progress.step
    guard let saving, let checkpoints else {
      goodInMemory = candidate
      return
    }
    saving.waitForRoom()
    let place = goodState
    saving.add {
      let stored = try checkpoints.write(good: candidate)
      place.stored.withLock { $0 = stored }
      return nil
    }
  }

  /// Whether every weight is a number.
  var hasFiniteWeights: Bool {
    var largest: Float = 0
    return KernelSet.best.table.pointee.largest(step.parameters.count, step.parameters.pointer, &largest) != 0
  }

  /// Whether the run cannot go on from where it is.
  ///
  /// Weights that are not finite stay so: no step is taken from them. Nor may a run end with a step that is lost.
  func hasDiverged(after outcome: TrainingStep.Outcome, isLast: Bool) -> Bool {
    if progress.lostInARow >= Self.toleratedLosses { return true }
    if isLast, isLost(outcome) { return true }
    return !outcome.isApplied && !hasFiniteWeights
  }

  /// Goes back to the last good state with a lower learning rate.
  ///
  /// - Throws: ``TrainingError/diverged(step:setbacks:learningRate:kept:)`` where that was done often enough, or there is no
  ///   such state.
  func goBack(_ onEvent: (TrainingEvent) throws -> Void) throws {
    let (from, rate) = (progress.step, progress.learningRate)
    guard let good = try loadGoodState(onEvent) else {
      let hasBegun = goodStep != nil || (resumedFromStep ?? 0) > 0
      let keepsNone = saving == nil && configuration.divergenceRetries == 0 && progress.step > progress.skippedSteps
      let kept: KeptWeights = best != nil ? .measured : hasBegun ? .unusable : keepsNone ? .forgotten : .none
      throw TrainingError.diverged(step: from, setbacks: progress.setbacks, learningRate: rate, kept: kept)
    }
    var next = good.header.progress
    // What has passed has passed: the clock, and the weights that were measured best.
    next.seconds = progress.seconds
    next.bestValidationLoss = progress.bestValidationLoss
    next.skippedSteps = progress.skippedSteps
    next.setbacks = progress.setbacks
    next.rateFactor = progress.rateFactor
    let isLast = progress.setbacks >= configuration.divergenceRetries
    if isLast {
      next.divergence = .init(step: from, learningRate: rate)
    } else {
      next.setbacks += 1
      next.rateFactor *= Self.rateFactor
      next.wentBackFromStep = from
    }
    step.parameters.pointer.update(from: good.parameters.pointer, count: step.parameters.count)
    try restoreOptimizer(good)
    step.state = good.state
    progress = next
    batcher.cut(for: progress.epoch, by: configuration)
    // From here on a resumed run goes this way, too.
    save()
    try waitUntilSaved(onEvent)
    if let error = divergence { throw error }
    // The log keeps each step once.
    try cutLog(onEvent)
    try onEvent(
      .notice(
        "step \(from): training has diverged; it goes back to step \(progress.step), with "
          + "\(progress.rateFactor) of the learning rate (setback \(progress.setbacks) of "
          + "\(configuration.divergenceRetries))."))
  }

  /// The error of a run that gave up, now or before it was resumed.
  var divergence: TrainingError? {
    progress.divergence.map {
      .diverged(
        step: $0.step, setbacks: progress.setbacks, learningRate: $0.learningRate,
        kept: progress.bestValidationLoss == nil ? .step(progress.step) : .measured)
    }
  }

  private func loadGoodState(_ onEvent: (TrainingEvent) throws -> Void) throws -> Checkpoint? {
    guard let checkpoints else { return goodInMemory }
    try waitUntilSaved(onEvent)
    guard let newest = goodState.stored.withLock({ $0 }) else { return nil }
    let older = try checkpoints.goodStates().filter { $0 != newest }
    for stored in [newest] + older {
      do {
        let state = try checkpoints.load(stored)
        try checkBelongs(state)
        goodState.stored.withLock { $0 = stored }
        goodStep = stored.step
        return state
      } catch let error as ArchiveError where error.mayPass {
        throw error
      } catch {
        try onEvent(.notice("\(checkpoints.path)/\(stored.file) cannot be used: \(error)"))
      }
    }
    return nil
  }

  /// Refuses a state that is whole, and yet none of this run's: a folder may come from elsewhere.
  private func checkBelongs(_ good: Checkpoint) throws {
    guard let destination else { return }
    do {
      try Self.check(good.header, model: model, configuration: configuration, text: text, folder: destination.folder)
    } catch is TrainingError {
      throw CheckpointDamage("it is the state of another run")
    }
    var windows = batcher
    windows.cut(for: good.header.progress.epoch, by: configuration)
    guard good.header.progress.window < windows.stepCount else {
      throw CheckpointDamage("it stands behind the end of the text")
    }
  }
}
