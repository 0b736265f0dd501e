/// Why a run cannot begin or go on.
public enum TrainingError: Error, Hashable, CustomStringConvertible {
  /// The loss or the gradient was not finite for several steps in a row.
  case diverged(step: Int, steps: Int)
  /// The checkpoint belongs to a run with other options.
  case otherRun(folder: String, what: String, stored: String, given: String)
  /// The corpus is not the one that the run began with.
  case otherCorpus(folder: String)
  /// The training state cannot be used.
  case damagedCheckpoint(folder: String, reason: String)
  /// A model stands there that cannot be gone on with.
  case nothingToResume(folder: String)

  /// The message.
  public var description: String {
    switch self {
    case .diverged(let step, let steps):
      "step \(step): the loss or the gradient was not a finite number for \(steps) steps in a row. "
        + "Train again with a lower --learning-rate."
    case .otherRun(let folder, let what, let stored, let given):
      "\(folder): the run was begun with \(what) \(stored), and \(given) was asked for. "
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
    }
  }
}
