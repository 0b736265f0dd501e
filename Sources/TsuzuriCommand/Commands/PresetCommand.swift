import ArgumentParser

/// `tsuzuri preset`.
struct PresetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preset", abstract: "List the presets of 'train', or print one, to be copied and changed.",
    discussion: """
      tsuzuri preset                          lists them
      tsuzuri preset char-small > my.options  makes a file of one's own
      tsuzuri train text.txt --preset my.options
      """)

  @Argument(help: ArgumentHelp("Which one is printed; without it all are listed.", valueName: "name"))
  var name: String?

  func validate() throws {
    guard let name, Preset.named(name) == nil else { return }
    throw ValidationError(
      "there is no preset '\(name)'. Expected \(Settings.list(Preset.all.map(\.name))).")
  }

  func run() throws {
    let out = StandardOutput()
    if let name, let preset = Preset.named(name) {
      try out.write(preset.text)
      return try out.flush()
    }
    let width = Preset.all.map(\.name.count).max() ?? 0
    for preset in Preset.all {
      try out.print(preset.name + String(repeating: " ", count: width + 2 - preset.name.count) + preset.summary)
    }
    try out.flush()
  }
}
