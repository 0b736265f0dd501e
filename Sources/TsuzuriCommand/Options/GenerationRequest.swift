import ArgumentParser
import Foundation

/// What a text begins with, how long it becomes, and where it ends.
struct GenerationRequest: SettingsGroup {
  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: ArgumentHelp("What the text begins with; without it a new text begins.", valueName: "text"))
  var prompt: String?

  @Option(
    help: ArgumentHelp("A file with the prompt in UTF-8; a line end at its end is left out.", valueName: "file"))
  var promptFile: String?

  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional,
    help: .setting("max-tokens", "How many tokens a sample has at most.", valueName: "n"))
  var maxTokens: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A text that ends a sample, before itself. Can be given several times.", valueName: "text"))
  var stop: [String] = []

  @Option(
    parsing: .unconditional, help: .setting("num-samples", "How many samples are made.", valueName: "n"))
  var numSamples: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The same seed, the same text (default: a random one).", valueName: "n")
  )
  var seed: String?

  var given: [String: String?] { ["max-tokens": maxTokens, "num-samples": numSamples, "seed": seed] }

  func validate() throws {
    if prompt != nil, promptFile != nil {
      throw ValidationError("--prompt, --prompt-file: there can be one prompt only. Leave one out.")
    }
    if stop.contains("") { throw ValidationError("--stop: expected a text of one character or more, found ''.") }
    let settings = Settings(self)
    _ = try settings.wholeNumber("max-tokens", in: 0...(.max))
    _ = try settings.wholeNumber("num-samples", in: 1...100_000)
    _ = try settings.seed()
  }

  /// The seed; without one, a random one that is short enough to be typed again.
  func seedNumber() throws -> UInt64 {
    if seed == nil { return UInt64(UInt32.random(in: .min ... .max)) }
    return try Settings(self).seed()
  }

  /// The prompt, from wherever it comes.
  func promptText() throws -> String {
    guard let promptFile else { return prompt ?? "" }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: promptFile, isDirectory: &isFolder), isFolder.boolValue {
      throw CommandError.unusableFile(
        path: promptFile, reason: "expected a file with the prompt, found a folder", advice: "Name a file in it.")
    }
    let data: Data?
    if promptFile == "-" {
      data = FileHandle.standardInput.readDataToEndOfFile()
    } else {
      data = FileManager.default.contents(atPath: promptFile)
    }
    guard let data else {
      throw CommandError.unusableFile(
        path: promptFile, reason: "the prompt cannot be read", advice: "Check the name, or give '-' for standard input."
      )
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CommandError.unusableFile(
        path: promptFile, reason: "expected a prompt in UTF-8, found other bytes",
        advice: "Convert the file, for example with iconv.")
    }
    // "\r\n" is one character.
    return text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
  }
}
