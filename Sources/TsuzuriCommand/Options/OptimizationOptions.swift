import ArgumentParser
import Tsuzuri

/// How the weights are found.
struct OptimizationOptions: SettingsGroup {
  @Option(
    parsing: .unconditional, help: .setting("batch-size", "The lanes that are read side by side.", valueName: "n"))
  var batchSize: String?

  @Option(
    parsing: .unconditional, help: .setting("sequence-length", "The tokens of a lane in one step.", valueName: "n"))
  var sequenceLength: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Draw the length of each window around that, with the rate in proportion (Merity et al. 2018).")
  var randomSequenceLength: Bool?

  @Option(help: .setting("optimizer", "\(Settings.list(OptimizerChoice.names)).", valueName: "name"))
  var optimizer: String?

  @Option(
    parsing: .unconditional,
    help: .setting("learning-rate", "How far a step goes, before the schedule.", valueName: "number"))
  var learningRate: String?

  @Option(
    help: .setting("schedule", "How the rate changes: \(Settings.list(LearningRateSchedule.names)).", valueName: "name")
  )
  var schedule: String?

  @Option(parsing: .unconditional, help: .setting("weight-decay", "Draws the weights to zero.", valueName: "number"))
  var weightDecay: String?

  @Option(
    parsing: .unconditional,
    help: .setting("clip-norm", "The largest norm of the whole gradient; 0 is off.", valueName: "number"))
  var clipNorm: String?

  @Option(
    parsing: .unconditional,
    help: .setting("clip-value", "The largest absolute value in the gradient.", valueName: "number"))
  var clipValue: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "shares", "In how many parts the lanes are worked on; unlike --threads, part of the result.", valueName: "n"))
  var shares: String?

  var given: [String: String?] {
    [
      "batch-size": batchSize, "sequence-length": sequenceLength,
      "random-sequence-length": randomSequenceLength.map(String.init), "optimizer": optimizer,
      "learning-rate": learningRate, "schedule": schedule, "weight-decay": weightDecay,
      "clip-norm": clipNorm, "clip-value": clipValue, "shares": shares,
    ]
  }
}

extension Settings {
  /// The bounds on the gradient.
  func clipping() throws -> GradientClipping {
    let (norm, value) = (try bound("clip-norm"), try bound("clip-value"))
    return try Self.asUsage { try GradientClipping(clipNorm: norm, clipValue: value) }
  }
}
