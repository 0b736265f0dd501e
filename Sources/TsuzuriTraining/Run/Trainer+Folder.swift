internal import Foundation
internal import Synchronization
internal import TsuzuriArchive
internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriModelFolder
internal import TsuzuriText

extension Trainer {
  /// Makes the folder ready: a new run's is emptied of an older one's files, a resumed run's log is cut back.
  ///
  /// A kill at any moment of it leaves either the older run, or a folder that says that a run was about to begin, or one
  /// that this run can go on from.
  func prepareFolder(_ onEvent: (TrainingEvent) throws -> Void) throws {
    guard let destination, let checkpoints, !isPrepared else { return }
    isPrepared = true
    let folder = destination.folder
    if isResumed {
      try checkpoints.removeLeftovers()
      try cutLog(onEvent)
    } else {
      // The older run ends here: from now on nobody goes on with it, or takes its options for those of this one.
      try checkpoints.begin()
      try AtomicFile.remove(folder.configurationPath)
      try folder.removeReplacement()
      try AtomicFile.remove(folder.weightsPath)
      try AtomicFile.remove(folder.gradientStatisticsPath)
      try destination.tokenizer.vocabulary.write(to: folder.vocabularyPath, followingLinks: false)
      try log?.begin()
      // From here on there is something to go on from, the weights that another model gave included.
      saveCheckpoint()
      try waitUntilSaved { _ in }
    }
    let vocabulary = destination.tokenizer.vocabulary
    // A run that was killed while it began may lack either.
    if !folder.holds(vocabulary) {
      if exists(folder.vocabularyPath) {
        try onEvent(.notice("\(folder.vocabularyPath) is not the vocabulary of this run; it is written anew."))
      }
      try vocabulary.write(to: folder.vocabularyPath, followingLinks: false)
    }
    if !exists(folder.configurationPath) {
      try folder.writeConfiguration(description(of: destination), vocabulary: vocabulary)
    }
  }

  /// Takes away what the log has beyond the state that the run goes on from.
  func cutLog(_ onEvent: (TrainingEvent) throws -> Void) throws {
    guard let log, let destination else { return }
    let cut = try log.cut(to: progress.logged, step: progress.loggedStep)
    progress.logged = cut.part
    if !cut.isWhole {
      try onEvent(
        .notice("\(destination.folder.logPath) is not as this run left it; the lines that can be read are kept."))
    }
  }

  /// Has a checkpoint saved; while nothing was measured yet, the weights as they are become the folder's model.
  func save() {
    // Weights that are not finite are no state to go on from: the step that comes next finds out, and goes back.
    guard saving != nil, hasFiniteWeights else { return }
    let parameters = step.snapshot()
    if progress.bestValidationLoss == nil { writeModel(step.averaging == nil ? parameters : step.measuredSnapshot()) }
    saveCheckpoint(parameters)
  }

  /// Tells of the checkpoints that were saved meanwhile.
  ///
  /// - Throws: ``TrainingError/notSaved(_:bytes:lastStep:)`` where one could not be.
  func tellWhatIsSaved(_ onEvent: (TrainingEvent) throws -> Void) throws {
    guard let saving else { return }
    do {
      for step in try saving.takeSavedSteps() {
        try onEvent(.checkpointSaved(step: step))
      }
    } catch let error as ArchiveError {
      throw notSaved(error)
    }
  }

  /// Waits until everything is on the disk.
  func waitUntilSaved(_ onEvent: (TrainingEvent) throws -> Void) throws {
    saving?.wait()
    try tellWhatIsSaved(onEvent)
  }

  /// The error for what could not be written.
  func notSaved(_ error: ArchiveError) -> TrainingError {
    let copies = 1 + step.optimizer.stateBuffers.count
    // What is on its way to the disk may still arrive there, and then the run can go on from it.
    saving?.wait()
    return .notSaved(
      "\(error)", bytes: copies * step.layout.parameterCount * MemoryLayout<Float>.size,
      lastStep: saving?.lastSavedStep)
  }

  private func saveCheckpoint(_ parameters: FloatBuffer? = nil) {
    guard let saving, let checkpoints else { return }
    let checkpoint = checkpoint(parameters ?? step.snapshot())
    let (log, good) = (log, goodState)
    saving.add {
      // A checkpoint that knows of a line must not outlive it.
      try log?.synchronize()
      try checkpoints.save(checkpoint, good: good.stored.withLock { $0 })
      return checkpoint.header.progress.step
    }
  }

  /// A copy of all that the next step reads.
  func checkpoint(_ parameters: FloatBuffer) -> Checkpoint {
    let optimizer = step.optimizer
    return Checkpoint(
      header: .init(
        model: model, training: configuration, corpusFingerprint: text.fingerprint, environment: Self.environment,
        progress: progress, optimizerSteps: optimizer.stepCount, optimizerBuffers: optimizer.stateBuffers.map(\.name)),
      parameters: parameters,
      optimizerState: optimizer.stateBuffers.map { buffer in
        let copy = FloatBuffer(count: buffer.values.count)
        _ = copy.all.update(from: buffer.values)
        return copy
      }, state: step.state)
  }

  /// Has `parameters` written as the folder's model; nobody may change them any more.
  func writeModel(_ parameters: FloatBuffer) {
    guard let saving, let destination else { return }
    let (layout, model, folder) = (step.layout, model, destination.folder)
    let (description, vocabulary) = (description(of: destination), destination.tokenizer.vocabulary)
    saving.waitForRoom()
    saving.add {
      let writer = layout.writer(for: parameters, metadata: model.archiveMetadata)
      try withExtendedLifetime(parameters) { try writer.write(to: folder.weightsPath, followingLinks: false) }
      try folder.writeConfiguration(description, vocabulary: vocabulary)
      return nil
    }
  }

  private func description(of destination: Destination) -> ModelDescription {
    var record = destination.record
    record.steps = progress.step
    record.tokens = progress.tokens
    record.validationLoss = progress.bestValidationLoss
    record.environment = Self.environment
    return ModelDescription(architecture: model, tokenizer: destination.tokenizer.configuration, training: record)
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
