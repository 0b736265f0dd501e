public import TsuzuriArchive

/// What a run that has diverged leaves behind.
public enum KeptWeights: Hashable, Sendable {
  /// The weights with the lowest validation loss.
  case measured
  /// The last good state, that of this step.
  case step(Int)
  /// Nothing: no step could be taken.
  case none
  /// Nothing: a run that has no folder and may not go back keeps no state on its way.
  case forgotten
  /// What stands in the folder: the states that the run could have gone back to are damaged.
  case unusable

  fileprivate var sentence: String {
    switch self {
    case .measured: "The model keeps the weights that were measured best. Train again with a lower --learning-rate."
    case .step(let step): "The model keeps the weights of step \(step). Train again with a lower --learning-rate."
    case .unusable:
      "The states that it could go back to are damaged, and the model keeps the weights that were saved last. Begin anew "
        + "with --overwrite and a lower --learning-rate."
    case .forgotten:
      "No state on the way was kept, as the run has no folder and may not go back. Train again with a lower --learning-rate."
    case .none: "No step could be taken. Begin with other weights, or with a lower --learning-rate."
    }
  }
}

/// Why a run cannot begin or go on.
public enum TrainingError: DescribedError, Hashable {
  /// The loss or the gradient was lost for several steps in a row, also after the run had gone back to a good state so
  /// often; the rate is that of the last attempt.
  case diverged(step: Int, setbacks: Int, learningRate: Double, kept: KeptWeights)
  /// The checkpoint belongs to a run with other options.
  case otherRun(folder: String, what: String, stored: String, given: String)
  /// The corpus is not the one that the run began with.
  case otherCorpus(folder: String)
  /// The training state cannot be used.
  case damagedCheckpoint(folder: String, reason: String)
  /// A model stands there that cannot be gone on with.
  case nothingToResume(folder: String)
  /// What a run needs to go on cannot be written; `bytes` is the size of a checkpoint, `lastStep` that of the last one.
  case notSaved(_ reason: String, bytes: Int, lastStep: Int?)

  /// The message.
  public var description: String {
    switch self {
    case .diverged(let step, let setbacks, let learningRate, let kept):
      "step \(step): training has diverged: the loss is not finite, or more than ten times that of a blind guess, "
        + (setbacks == 0
          ? "with a learning rate of \(learningRate). "
          : "also after it went back \(setbacks == 1 ? "once" : "\(setbacks) times"), at last with a learning rate of "
            + "\(learningRate). ") + kept.sentence
    case .otherRun(let folder, let what, let stored, let given):
      "\(folder): the run was begun with \(what) \(stored.shownPlain), and \(given.shownPlain) was asked for. "
        + "Resume without that option, or begin anew with --overwrite."
    case .otherCorpus(let folder):
      "\(folder): the run was begun with another corpus, or the corpus has changed since. "
        + "Resume with the text it began with, or begin anew with --overwrite or --init-from."
    case .damagedCheckpoint(let folder, let reason):
      "\(folder): the training state cannot be used: \(reason). Begin anew with --overwrite; "
        + "the weights in model.safetensors are not affected (--init-from starts from them)."
    case .nothingToResume(let folder):
      "\(folder): expected a checkpoint in \(folder)/training, found none, but a trained model. "
        + "Begin anew with --overwrite, or train another model from its weights with --init-from."
    case .notSaved(let reason, let bytes, let lastStep):
      "\(reason) A checkpoint takes \(Self.size(bytes)); "
        + (lastStep.map { "the run can go on after step \($0) with --resume." } ?? "nothing was saved yet.")
    }
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\(max(1, bytes / 1000)) kB" : "\(bytes / 1_000_000) MB"
  }
}
