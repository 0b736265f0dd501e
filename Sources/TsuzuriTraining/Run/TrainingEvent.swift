/// Where a run is, and how it does: what a line of `log.jsonl` says.
public struct TrainingReport: Sendable, Hashable, Codable {
  /// Steps taken.
  public var step: Int
  /// The epoch that the last step belongs to, from 1.
  public var epoch: Int
  /// Tokens predicted since the beginning of the run.
  public var tokens: Int
  /// Seconds since the beginning of the run, interruptions not counted.
  public var seconds: Double
  /// The mean loss since the report before, in nats a token; of a bidirectional model the joint one.
  public var loss: Double
  /// The rate of the last step.
  public var learningRate: Double
  /// The global norm of the last step's gradient before clipping.
  public var gradientNorm: Double
  /// Tokens predicted in a second of training since the report before; validation and saving are not counted.
  public var tokensPerSecond: Double
  /// The loss on the validation text in nats a token, where this report tells of a validation.
  public var validationLoss: Double?
  /// The same in bits per byte of the normalised validation text; of a bidirectional model its forward stack's, since the
  /// joint loss is no code's length.
  public var validationBitsPerByte: Double?
  /// How much of the run lies behind, from 0 to 1.
  public var progress: Double
}

/// What a run tells while it goes on.
public enum TrainingEvent: Sendable {
  /// The run begins, or goes on from a checkpoint.
  case started(TrainingStart)
  /// A step was taken; the report's loss is that of the steps since the last line of the log.
  case stepped(TrainingReport)
  /// A line was written to the log.
  case reported(TrainingReport)
  /// Validation goes on: the share of the text that is done, from 0 to 1.
  case validating(progress: Double)
  /// The model was measured on the validation text.
  case validated(TrainingReport, isBest: Bool)
  /// An epoch ended; ``Trainer/currentModel`` has the weights as they are then.
  case epochEnded(epoch: Int)
  /// Everything was saved; a run can go on from this step.
  case checkpointSaved(step: Int)
  /// Something that a person should know, in one line.
  case notice(String)
}

/// The sizes of a run.
public struct TrainingStart: Sendable, Hashable {
  /// The number of parameters.
  public var parameters: Int
  /// Tokens predicted in an epoch.
  public var tokensPerEpoch: Int
  /// Steps in an epoch.
  public var stepsPerEpoch: Int
  /// The step from which the run goes on; 0 for a new one.
  public var step: Int
}

/// What a run came to.
public struct TrainingResult: Sendable, Hashable {
  /// Steps taken.
  public var steps: Int
  /// Tokens predicted.
  public var tokens: Int
  /// Seconds, interruptions not counted.
  public var seconds: Double
  /// Tokens predicted in a second of training.
  public var tokensPerSecond: Double
  /// The mean loss at the last report, in nats a token.
  public var trainingLoss: Double?
  /// The best loss on the validation text, whose weights the model has; nil without validation.
  public var validationLoss: Double?
  /// Steps that were not taken because the loss or the gradient was not finite.
  public var skippedSteps: Int
  /// How often the run went back to a good state, with half the learning rate.
  public var setbacks: Int
  /// The number of parameters.
  public var parameters: Int
  /// Whether the run was asked to stop before its end.
  public var isInterrupted: Bool
  /// The step of the newest checkpoint; nil without a folder. It is not ``steps`` where a run was stopped while its weights
  /// were not finite: these are no state to go on from.
  public var savedStep: Int?
}
