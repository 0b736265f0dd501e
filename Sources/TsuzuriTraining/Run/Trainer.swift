internal import Foundation
internal import TsuzuriArchive
internal import TsuzuriData
internal import TsuzuriKernels
public import TsuzuriModel
public import TsuzuriModelFolder
public import TsuzuriText

/// Trains a model on a text, from the first step to the last, and keeps what it has in a model folder.
///
/// ```swift
/// let trainer = try Trainer(text: TrainingText(corpus), model: shape, configuration: options)
/// let result = try trainer.run()
/// let model = trainer.bestModel
/// ```
/// A trainer reads no clock but the one it is given, and prints nothing: it tells what happens through events.
public final class Trainer {
  /// What a folder gets that the trainer does not know by itself.
  public struct Destination: Sendable {
    /// The folder.
    public var folder: ModelFolder
    /// The tokenizer that belongs to the model.
    public var tokenizer: Tokenizer
    /// What `config.json` tells of the run; steps, tokens, loss and environment are filled in.
    public var record: TrainingRecord

    /// Names a folder and what goes into it.
    public init(folder: ModelFolder, tokenizer: Tokenizer, record: TrainingRecord) {
      self.folder = folder
      self.tokenizer = tokenizer
      self.record = record
    }
  }

  let text: TrainingText
  let model: ModelConfiguration
  let configuration: TrainingConfiguration
  let destination: Destination?
  var batcher: LaneBatcher
  /// How many threads work.
  let threads: Int
  let step: TrainingStep
  let checkpoints: CheckpointFolder?
  let log: TrainingLog?
  private let lock: FolderLock?
  var progress: TrainingProgress
  /// Whether the run goes on from a checkpoint, and whether the folder is ready for it.
  let isResumed: Bool
  var isPrepared = false
  /// What writes into the folder beside the run.
  let saving: SavingQueue?
  /// The step of the last good state, and where it is.
  var goodStep: Int?
  let goodState: GoodState
  /// The good state of a run without a folder.
  var goodInMemory: Checkpoint?
  /// The step that the run went on from, until a line of the log has told of it.
  var resumedFromStep: Int?
  var best: FloatBuffer?
  /// Whether the folder's weights, which the run goes on with, cannot be read.
  private(set) var isModelLost = false
  /// Whether they were others than those of the last step, and the gradient's statistics made for them.
  private(set) var areStatisticsLost = false
  private(set) var notices: [String] = []

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - text: what is trained on.
  ///   - model: the network's shape.
  ///   - configuration: everything else that decides the result.
  ///   - initialModel: weights to start from, those of a model of the same cell and sizes; nil draws them from the seed.
  ///     `LanguageModel.transferred(to:correspondence:)` brings a model to other tokens.
  ///   - destination: where the model is kept; nil keeps it in memory only.
  ///   - resumes: whether to go on from the folder's newest checkpoint, if it has one.
  ///   - threads: how many threads work; the result does not depend on it.
  /// - Throws: `LaneError` where the text is too short, `OptimizationError` and `ModelError` for impossible options,
  ///   ``TrainingError`` for a checkpoint that does not fit, `ModelFolderError` for a folder that cannot be made, `ArchiveError`
  ///   for one in use or not writable, and `TokenFileError` for tokens that cannot be read.
  public init(
    text: TrainingText, model: ModelConfiguration, configuration: TrainingConfiguration,
    initialModel: LanguageModel? = nil, destination: Destination? = nil, resumes: Bool = false, threads: Int = 2
  ) throws {
    try model.validate()
    try configuration.validate(for: model)
    try text.check(for: model)
    var text = text
    if text.validation?.range.isEmpty == true { text.validation = nil }
    self.text = text
    self.model = model
    self.configuration = configuration
    self.destination = destination
    batcher = try LaneBatcher(
      tokens: text.tokens, range: text.trainingRange, lanes: configuration.batchSize,
      window: configuration.sequenceLength)
    batcher.cut(for: 0, by: configuration)
    progress = TrainingProgress(
      scheduler: try LearningRateScheduler(configuration.schedule, learningRate: configuration.learningRate))
    progress.trigger = configuration.optimizer.nonMonotoneInterval.map { NonMonotoneTrigger(interval: $0) }
    var loaded: Checkpoint?
    if let destination {
      try destination.folder.check(model, fits: destination.tokenizer)
      try destination.folder.create()
      lock = try FolderLock(destination.folder.path)
      let checkpoints = CheckpointFolder(destination.folder.trainingPath)
      self.checkpoints = checkpoints
      log = TrainingLog(path: destination.folder.logPath)
      var found: [String] = []
      let newest = resumes ? try checkpoints.loadNewest { found.append($0) } : nil
      loaded = newest?.checkpoint
      goodState = GoodState(newest?.good)
      goodStep = newest?.good?.step
      notices = found
      saving = SavingQueue(lastSavedStep: loaded?.header.progress.step)
      if let loaded {
        try Self.check(
          loaded.header, model: model, configuration: configuration, text: text, folder: destination.folder)
        if loaded.header.environment != Self.environment {
          notices.append(
            "the run was begun with other kernels or library versions; it goes on, but not to the same last digit.")
        }
        batcher.cut(for: loaded.header.progress.epoch, by: configuration)
        guard loaded.header.progress.window < batcher.stepCount else {
          throw TrainingError.damagedCheckpoint(
            folder: destination.folder.trainingPath, reason: "it stands behind the end of the text")
        }
        progress = loaded.header.progress
        resumedFromStep = progress.step
        if progress.step == 0, progress.setbacks == 0 {
          notices.append("\(destination.folder.path): no step was saved yet; training starts from the beginning.")
        }
        // Before anything was measured, each checkpoint writes the weights as they are. A run that has ended writes no more.
        let hasEnded = progress.isFinished || progress.divergence != nil
        if progress.bestValidationLoss != nil || hasEnded {
          do {
            let weights = try LanguageModel(weightsAt: destination.folder.weightsPath, configuration: model).parameters
            if progress.bestValidationLoss != nil { best = weights }
          } catch let error as ArchiveError where error.mayPass {
            throw error
          } catch {
            notices.append(
              hasEnded
                ? "the model's weights are lost, and those of the last step take their place: \(error)"
                : "the best weights so far are lost, and the next to be measured take their place: \(error)")
            isModelLost = true
            areStatisticsLost = progress.bestValidationLoss != nil
            progress.bestValidationLoss = nil
          }
        }
      } else if resumes, try !checkpoints.isBegun,
        FileManager.default.fileExists(atPath: destination.folder.weightsPath)
      {
        throw TrainingError.nothingToResume(folder: destination.folder.path)
      } else if resumes {
        notices.append("\(destination.folder.path): no checkpoint was saved yet; training starts from the beginning.")
      }
    } else {
      (lock, checkpoints, log, saving, goodState) = (nil, nil, nil, nil, GoodState(nil))
    }
    isResumed = loaded != nil
    self.threads = max(1, threads)
    step = TrainingStep(
      model, training: configuration,
      parameters: try loaded?.parameters
        ?? text.initialParameters(model, configuration: configuration, initialModel: initialModel),
      pool: WorkerPool(threads: max(1, threads)),
      tokenCounts: configuration.sampledTokens == nil
        ? nil : try text.tokenCounts(vocabularySize: model.vocabularySize))
    if let loaded {
      step.state = loaded.state
      try restoreOptimizer(loaded)
    }
  }

  deinit { close() }

  /// Gives the folder back to others. A trainer that is released does so by itself.
  public func close() {
    saving?.wait()
    lock?.release()
  }

  /// The weights with the lowest validation loss so far; without validation, those of ``currentModel``.
  public var bestModel: LanguageModel {
    LanguageModel(model, layout: step.layout, parameters: best ?? step.measuredSnapshot())
  }

  /// A copy of the weights as they are now, in the middle of a run, too: their average, where the optimizer makes one.
  public var currentModel: LanguageModel {
    LanguageModel(model, layout: step.layout, parameters: step.measuredSnapshot())
  }

  /// The kernels and libraries that decide the last bits of a result.
  public static let environment = [
    "kernels": KernelSet.best.name, "onednn": MatrixProduct.version, "icu": ICUVersion.current,
  ]

  /// How many processors this process may use.
  public static var availableProcessors: Int { WorkerPool.availableProcessors }
}
