import ArgumentParser
import Tsuzuri

/// Many prompts from a file, written after side by side.
struct PromptsOptions: SettingsGroup {
  @Option(
    help: ArgumentHelp(
      "A file with a JSON object a line: prompt, and id, max_tokens, min_tokens, seed, stop where they are wanted. Writes "
        + "one a line.", valueName: "file"))
  var prompts: String?

  @Option(
    parsing: .unconditional,
    help: .setting("batch", "How many of these prompts are written after side by side.", valueName: "n"))
  var batch: String?

  var given: [String: String?] { ["batch": batch] }

  func validate() throws {
    if prompts == nil, batch != nil { throw ValidationError("--batch: only --prompts has it. Leave the option out.") }
    _ = try lanes()
  }

  /// How many lanes there are.
  func lanes() throws -> Int { try Settings(self).wholeNumber("batch", in: 1...100_000) }

  /// Refuses what has no place beside a file of prompts.
  func check(_ request: GenerationRequest, _ beam: BeamOptions) throws {
    if prompts == nil { return }
    if prompts == "-", request.banFile == "-" {
      throw ValidationError("--prompts -, --ban-file -: standard input can be read once only. Name a file.")
    }
    let others = [
      ("prompt", request.prompt != nil), ("prompt-file", request.promptFile != nil),
      ("num-samples", request.numSamples != nil), ("beam", beam.beam != nil),
    ]
    for (name, isGiven) in others where isGiven {
      throw ValidationError("--\(name), --prompts: each line of the file has one prompt and one text. Leave one out.")
    }
  }
}
