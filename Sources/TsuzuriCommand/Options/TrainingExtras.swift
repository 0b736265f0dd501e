import ArgumentParser

/// What becomes of what is there already.
struct StartOptions: SettingsGroup {
  @Flag(help: "Go on where the run in the model's folder stopped; its options need not be given again.")
  var resume = false

  @Flag(help: "Replace the model that stands in the folder.")
  var overwrite = false

  @Option(
    help: ArgumentHelp(
      """
      Start from another model's weights; tokens are matched by their text, and sizes are that model's. With --resume, where \
      nothing was saved yet.
      """,
      valueName: "dir"))
  var initFrom: String?

  @Option(
    help: ArgumentHelp(
      """
      A preset ('tsuzuri preset' lists them), or a file of options, a line each such as '--layers 3'; what the command \
      line says wins.
      """, valueName: "name"))
  var preset: String?

  /// Only this one is told in `config.json`: the preset's options stand there by themselves.
  var given: [String: String?] { ["init-from": initFrom] }

  func validate() throws {
    if resume, overwrite {
      throw ValidationError("--resume, --overwrite: a run goes on or begins anew. Leave one out.")
    }
  }
}

/// What has no influence on the result.
struct TrainingExtras: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Write a sample that begins so after each epoch.", valueName: "text"))
  var samplePrompt: String?
}
