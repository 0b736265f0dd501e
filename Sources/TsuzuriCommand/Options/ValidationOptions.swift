import ArgumentParser

/// How often the model is measured, and what follows from it.
struct ValidationOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting(
      "validate-every", "Measure after so many steps (500), too, or only after so many epochs (5epochs).",
      valueName: "n or nepochs"))
  var validateEvery: String?

  @Option(
    parsing: .unconditional,
    help: .setting("patience", "Stop after so many validations in a row without a lower loss.", valueName: "n"))
  var patience: String?

  var given: [String: String?] { ["validate-every": validateEvery, "patience": patience] }
}
