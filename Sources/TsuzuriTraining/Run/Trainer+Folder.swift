internal import Foundation
internal import TsuzuriArchive
internal import TsuzuriModel
internal import TsuzuriModelFolder
internal import TsuzuriText

extension Trainer {
  /// Makes the folder ready: a new run's is emptied of an older one's files, a resumed run's log is cut back.
  func prepareFolder() throws {
    guard let destination, !isPrepared else { return }
    isPrepared = true
    let folder = destination.folder
    if isResumed {
      try log?.cut(afterStep: progress.loggedStep)
      return
    }
    try checkpoints?.clear()
    if FileManager.default.fileExists(atPath: folder.weightsPath) {
      try FileManager.default.removeItem(atPath: folder.weightsPath)
    }
    try destination.tokenizer.vocabulary.write(to: folder.vocabularyPath)
    try writeDescription()
    try log?.begin()
    // From here on there is something to go on from, the weights that another model gave included.
    try saveCheckpoint()
  }

  /// Saves a checkpoint; while nothing was measured yet, the weights as they are become the folder's model.
  func save(_ onEvent: (TrainingEvent) throws -> Void) throws {
    guard checkpoints != nil else { return }
    if progress.bestValidationLoss == nil {
      try writeModel(LanguageModel(model, layout: step.layout, parameters: step.snapshot()))
    }
    try saveCheckpoint()
    try onEvent(.checkpointSaved(step: progress.step))
  }

  private func saveCheckpoint() throws {
    guard let checkpoints else { return }
    let optimizer = step.optimizer
    try checkpoints.save(
      Checkpoint(
        header: .init(
          model: model, training: configuration, corpusFingerprint: text.fingerprint, environment: Self.environment,
          progress: progress, optimizerSteps: optimizer.stepCount,
          optimizerBuffers: optimizer.stateBuffers.map(\.name)),
        parameters: step.parameters, optimizerState: optimizer.stateBuffers.map(\.values), state: step.state,
        owner: [optimizer]))
  }

  /// Makes `model` the folder's model.
  func writeModel(_ model: LanguageModel) throws {
    guard let destination else { return }
    try model.writeWeights(to: destination.folder.weightsPath)
    try writeDescription()
  }

  private func writeDescription() throws {
    guard let destination else { return }
    var record = destination.record
    record.steps = progress.step
    record.tokens = progress.tokens
    record.validationLoss = progress.bestValidationLoss
    record.environment = Self.environment
    try destination.folder.write(
      .init(architecture: model, tokenizer: destination.tokenizer.configuration, training: record))
  }
}
