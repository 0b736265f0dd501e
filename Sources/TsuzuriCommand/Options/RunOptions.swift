import ArgumentParser

/// How long a run lasts and how often it is saved.
struct RunOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the loss is watched on: a file, or a fraction at the corpus's end; 0 is nothing (default: 0.05).",
      valueName: "file or fraction"))
  var validation: String?

  @Option(parsing: .unconditional, help: .setting("epochs", "How often the training part is read.", valueName: "n"))
  var epochs: String?

  @Option(parsing: .unconditional, help: .setting("max-steps", "Stop after so many steps.", valueName: "n"))
  var maxSteps: String?

  @Option(parsing: .unconditional, help: .setting("time-limit", "Stop after so many seconds.", valueName: "seconds"))
  var timeLimit: String?

  @Option(
    parsing: .unconditional,
    help: .setting("checkpoint-every", "Save after so many steps (500) or seconds (60s).", valueName: "n or ns"))
  var checkpointEvery: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "divergence-retries",
      "How often a run that diverges goes back to its last good state, with half the learning rate, before it gives up.",
      valueName: "n"))
  var divergenceRetries: String?

  @Option(parsing: .unconditional, help: .setting("seed", "Where all chance comes from.", valueName: "n"))
  var seed: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "initial-weights",
      "What training starts from: standard, uniform:0.1 for everything within ±0.1, or awd-lstm for that paper's bounds.",
      valueName: "weights"))
  var initialWeights: String?

  var given: [String: String?] {
    [
      "validation": validation, "epochs": epochs, "max-steps": maxSteps, "time-limit": timeLimit,
      "checkpoint-every": checkpointEvery, "divergence-retries": divergenceRetries, "seed": seed,
      "initial-weights": initialWeights,
    ]
  }
}
