import ArgumentParser

@main
struct TsuzuriCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tsuzuri", abstract: "Train recurrent language models, write with them and measure them.")
}
