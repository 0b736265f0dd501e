internal import TsuzuriArchive
internal import TsuzuriKernels
internal import TsuzuriModel
public import TsuzuriModelFolder

extension Trainer {
  /// Takes over what the optimizer remembered.
  func restoreOptimizer(_ checkpoint: Checkpoint) throws {
    let values = Dictionary(uniqueKeysWithValues: zip(checkpoint.header.optimizerBuffers, checkpoint.optimizerState))
    // The checkpoint owns what the values point to.
    try withExtendedLifetime(checkpoint) {
      try step.optimizer.restore(stepCount: checkpoint.header.optimizerSteps) {
        values[$0].map { UnsafeBufferPointer($0.all) }
      }
    }
    step.averaging?.setAveragingStart(checkpoint.header.progress.averagingStart)
  }

  /// Whether the folder has a checkpoint that a run, finished or not, can go on from.
  ///
  /// - Throws: `ArchiveError.folderInUse` while a run writes there, ``TrainingError`` where no checkpoint is whole.
  /// - Complexity: O(bytes of a checkpoint), which is read to see whether it is whole.
  public static func hasStoredRun(in folder: ModelFolder) throws -> Bool {
    // A run that goes on replaces what is read here.
    let lock = try FolderLock(folder.path)
    defer { lock.release() }
    return try CheckpointFolder(folder.trainingPath).loadNewest(mends: false) != nil
  }

  /// Whether a run is about to begin in the folder, of which nothing was saved yet.
  ///
  /// - Throws: `ArchiveError` where that cannot be read this time, for want of a descriptor say.
  public static func isBegun(in folder: ModelFolder) throws -> Bool {
    try CheckpointFolder(folder.trainingPath).isBegun
  }

  /// Refuses to go on with other options or another text than the checkpoint's.
  ///
  /// - Throws: ``TrainingError/otherRun(folder:what:stored:given:)``, ``TrainingError/otherCorpus(folder:)``.
  static func check(
    _ header: Checkpoint.Header, model: ModelConfiguration, configuration: TrainingConfiguration, text: TrainingText,
    folder: ModelFolder
  ) throws {
    func require<Root, Value: Equatable>(
      _ what: String, _ stored: Root, _ given: Root, _ path: KeyPath<Root, Value>
    ) throws {
      let (old, new) = (stored[keyPath: path], given[keyPath: path])
      if old != new {
        throw TrainingError.otherRun(folder: folder.path, what: what, stored: plain(old), given: plain(new))
      }
    }
    func requireAlike(_ whose: String, _ stored: some Encodable, _ given: some Encodable) throws {
      if let (name, old, new) = EncodedDifference.first(between: stored, and: given) {
        throw TrainingError.otherRun(folder: folder.path, what: "\(whose) \(name)", stored: old, given: new)
      }
    }
    func plain(_ value: some Any) -> String {
      let mirror = Mirror(reflecting: value)
      guard mirror.displayStyle == .optional else { return "\(value)" }
      return mirror.children.first.map { "\($0.value)" } ?? "none"
    }
    try require("--cell", header.model, model, \.cell)
    try require("--layers", header.model, model, \.layers)
    try require("--hidden-size", header.model, model, \.hiddenSize)
    try require("--embedding-size", header.model, model, \.embeddingSize)
    try require("--context", header.model, model, \.context)
    try require("--document", header.model, model, \.document)
    try require("--residual", header.model, model, \.isResidual)
    try require("--learn-initial-state", header.model, model, \.learnsInitialState)
    try require("--tie-embeddings", header.model, model, \.tiesEmbeddings)
    try require("--projection-size", header.model, model, \.projectionSize)
    try require("--layer-norm", header.model, model, \.normalizesGates)
    try require("--dropout", header.model, model, \.dropout)
    try require("--input-dropout", header.model, model, \.regularization.inputDropout)
    try require("--hidden-dropout", header.model, model, \.regularization.hiddenDropout)
    try require("--output-dropout", header.model, model, \.regularization.outputDropout)
    try require("--variational-dropout", header.model, model, \.regularization.isVariational)
    try require("--embedding-dropout", header.model, model, \.regularization.embeddingDropout)
    try require("--weight-dropout", header.model, model, \.regularization.weightDropout)
    try require("--activation-regularization", header.model, model, \.regularization.activationPenalty)
    try require("--temporal-activation-regularization", header.model, model, \.regularization.temporalPenalty)
    try require("--label-smoothing", header.model, model, \.regularization.labelSmoothing)
    try require("--bidirectional", header.model, model, \.isBidirectional)
    try require("--adaptive-softmax", header.model, model, \.adaptiveCutoffs)
    let (stored, given) = (header.training, configuration)
    try require("--batch-size", stored, given, \.batchSize)
    try require("--sequence-length", stored, given, \.sequenceLength)
    try require("--random-sequence-length", stored, given, \.hasRandomWindows)
    try require("--optimizer", stored, given, \.optimizer.name)
    try requireAlike("the optimizer's", stored.optimizer, given.optimizer)
    try require("--learning-rate", stored, given, \.learningRate)
    try require("--schedule", stored, given, \.schedule.name)
    try requireAlike("the schedule's", stored.schedule, given.schedule)
    try require("--clip-norm", stored, given, \.clipping.maximumNorm)
    try require("--clip-value", stored, given, \.clipping.maximumValue)
    try require("--epochs", stored, given, \.epochs)
    try require("--max-steps", stored, given, \.maximumSteps)
    try require("--time-limit", stored, given, \.timeLimitSeconds)
    try require("--divergence-retries", stored, given, \.divergenceRetries)
    try require("an interval of good states of", stored, given, \.goodStateInterval)
    try require("--validate-every", stored, given, \.validationInterval)
    try require("--patience", stored, given, \.patience)
    try require("--initial-weights", stored, given, \.initialWeights)
    try require("--sampled-softmax", stored, given, \.sampledTokens)
    try require("--seed", stored, given, \.seed)
    try require("--shares", stored, given, \.shares)
    guard header.model == model, header.corpusFingerprint == text.fingerprint else {
      throw TrainingError.otherCorpus(folder: folder.path)
    }
  }
}

extension ModelConfiguration {
  /// What `--document` says of it.
  fileprivate var document: String { resetTokens.isEmpty ? "text" : "line" }
}
