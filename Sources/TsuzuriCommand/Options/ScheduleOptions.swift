import ArgumentParser
import Tsuzuri

/// The numbers of warm-up and of the schedules.
struct ScheduleOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting("warmup-steps", "The steps in which the rate rises before the schedule begins.", valueName: "n"))
  var warmupSteps: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "final-learning-rate-fraction", "For cosine: what is left of the rate at the end.", valueName: "number"))
  var finalLearningRateFraction: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "step-after", "For step: the epochs with the whole rate; in each later one it is divided.", valueName: "epoch"))
  var stepAfter: String?

  @Option(
    parsing: .unconditional,
    help: .setting("step-factor", "For step: what the rate is divided by.", valueName: "number"))
  var stepFactor: String?

  @Option(
    parsing: .unconditional,
    help: .setting("plateau-factor", "For plateau: what the rate is multiplied by.", valueName: "number"))
  var plateauFactor: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "plateau-patience", "For plateau: the validations without improvement that it bears.", valueName: "n"))
  var plateauPatience: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "one-cycle-rise", "For one-cycle: the part of the run in which the rate rises.", valueName: "number"))
  var oneCycleRise: String?

  var given: [String: String?] {
    [
      "warmup-steps": warmupSteps, "final-learning-rate-fraction": finalLearningRateFraction,
      "step-after": stepAfter, "step-factor": stepFactor, "plateau-factor": plateauFactor,
      "plateau-patience": plateauPatience, "one-cycle-rise": oneCycleRise,
    ]
  }
}

extension Settings {
  /// Which schedule has a number.
  private static let scheduleByOption = [
    "final-learning-rate-fraction": "cosine", "step-after": "step", "step-factor": "step", "plateau-factor": "plateau",
    "plateau-patience": "plateau", "one-cycle-rise": "one-cycle",
  ]

  /// The schedule with its numbers.
  func schedule() throws -> LearningRateSchedule {
    let warmupSteps = try wholeNumber("warmup-steps", in: 0...(.max))
    let numbers = LearningRateSchedule.Numbers(
      finalFraction: try number("final-learning-rate-fraction", expected: "a number from 0 to 1") {
        (0...1).contains($0)
      },
      stepAfterEpoch: try wholeNumber("step-after", in: 0...1_000_000_000),
      stepFactor: try number("step-factor", expected: "a finite number, 1 or more") { $0 >= 1 && $0.isFinite },
      plateauFactor: try number("plateau-factor", expected: "a number between 0 and 1") { $0 > 0 && $0 < 1 },
      plateauPatience: try wholeNumber("plateau-patience", in: 0...1_000_000_000),
      oneCycleRise: try number("one-cycle-rise", expected: "a number between 0 and 1") { $0 > 0 && $0 < 1 })
    let name = text("schedule")
    for (option, schedule) in Self.scheduleByOption.sorted(by: { $0.key < $1.key })
    where LearningRateSchedule.names.contains(name) {
      try checkBelongs(option, to: "schedule", among: [schedule])
    }
    return try Self.asUsage { try LearningRateSchedule(named: name, warmupSteps: warmupSteps, numbers: numbers) }
  }
}
