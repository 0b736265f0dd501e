import ArgumentParser
import Glibc
import TsuzuriKernels

/// The command: it parses, calls the library, and prints.
@main
struct TsuzuriCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tsuzuri",
    abstract: "Train recurrent language models on text, write with them and measure them.",
    discussion: """
      tsuzuri train novel.txt          makes the folder 'model'
      tsuzuri generate -p "Once upon"  writes with it
      tsuzuri evaluate other.txt       measures it

      Results go to standard output, progress to standard error. '-' is standard input.
      """,
    version: Versions.description,
    subcommands: [
      Train.self, Generate.self, Evaluate.self, Score.self, Fill.self, Compare.self, NGram.self, PresetCommand.self,
      Tokenize.self, VocabularyCommand.self, Info.self, Export.self, Import.self, Logits.self, Benchmark.self,
    ])

  static func main() {
    StopSignals.exitAtOnce()
    AllocationFailure.handle { bytes in
      let error = CommandError.noMemory(bytes: bytes)
      StandardError.write("Error: \(error)\n")
      _exit(EXIT_FAILURE)
    }
    do {
      try OpenFiles.ensureRoom()
      try FaultVariable.arm()
      let preset = try PresetFile.Expansion(Array(CommandLine.arguments.dropFirst()))
      var command = try preset.parse { try parseAsRoot($0) }
      try command.run()
    } catch {
      let status = exitCode(for: error)
      // Help and the version are results.
      if status.isSuccess { exit(withError: error) }
      let message = fullMessage(for: error)
      if !message.isEmpty { StandardError.write(message.asMessage + "\n") }
      Glibc.exit(status.rawValue)
    }
  }
}
