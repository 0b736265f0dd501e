import ArgumentParser
import Tsuzuri

/// A session in the place of one text.
struct InteractiveOptions: ParsableArguments {
  @Flag(
    name: [.customShort("i"), .long],
    help: "Read a line and go on from it, again and again; /help there tells more.")
  var interactive = false

  /// Refuses what has no place in a session.
  func check(
    _ request: GenerationRequest, _ beam: BeamOptions, _ prompts: PromptsOptions, _ output: OutputOptions
  ) throws {
    guard interactive else { return }
    let others = [
      ("--ban-file -", request.banFile == "-"), ("--beam", beam.beam != nil), ("--json", output.json),
      ("--num-samples", request.numSamples != nil),
      ("--prompt-file -", request.promptFile == "-"), ("--prompts", prompts.prompts != nil),
    ]
    for (name, isGiven) in others where isGiven {
      throw ValidationError("\(name), --interactive: a session reads lines, and writes one text a line. Leave one out.")
    }
  }
}
