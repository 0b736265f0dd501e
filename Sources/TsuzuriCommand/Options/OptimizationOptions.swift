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

  @Option(parsing: .unconditional, help: .setting("momentum", "For sgd.", valueName: "number"))
  var momentum: String?

  @Option(
    parsing: .unconditional,
    help: .setting("warmup-steps", "For cosine: the steps in which the rate rises.", valueName: "n"))
  var warmupSteps: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "final-learning-rate-fraction", "For cosine: what is left of the rate at the end.", valueName: "number"))
  var finalLearningRateFraction: String?

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
      "learning-rate": learningRate, "schedule": schedule, "weight-decay": weightDecay, "momentum": momentum,
      "warmup-steps": warmupSteps, "final-learning-rate-fraction": finalLearningRateFraction,
      "clip-norm": clipNorm, "clip-value": clipValue, "shares": shares,
    ]
  }
}

extension Settings {
  /// The optimizer with its numbers.
  func optimizer() throws -> OptimizerChoice {
    let weightDecay = try number("weight-decay", expected: "a finite number, 0 or more") { $0 >= 0 && $0.isFinite }
    let momentum = try number("momentum", expected: "a number from 0 to below 1") { $0 >= 0 && $0 < 1 }
    if momentum > 0, text("optimizer") != "sgd" {
      throw ValidationError("--momentum: only the optimizer 'sgd' has one. Leave the option out.")
    }
    return try Self.asUsage {
      try OptimizerChoice(named: text("optimizer"), weightDecay: weightDecay, momentum: momentum)
    }
  }

  /// The schedule with its numbers.
  func schedule() throws -> LearningRateSchedule {
    let warmupSteps = try wholeNumber("warmup-steps", in: 0...(.max))
    let fraction = try number("final-learning-rate-fraction", expected: "a number from 0 to 1") {
      (0...1).contains($0)
    }
    for name in ["warmup-steps", "final-learning-rate-fraction"] where given.contains(name) {
      if text("schedule") != "cosine" {
        throw ValidationError("--\(name): only the schedule 'cosine' has it. Leave the option out.")
      }
    }
    return try Self.asUsage {
      try LearningRateSchedule(named: text("schedule"), warmupSteps: warmupSteps, finalFraction: fraction)
    }
  }

  /// The bounds on the gradient.
  func clipping() throws -> GradientClipping {
    let (norm, value) = (try bound("clip-norm"), try bound("clip-value"))
    return try Self.asUsage { try GradientClipping(clipNorm: norm, clipValue: value) }
  }
}
