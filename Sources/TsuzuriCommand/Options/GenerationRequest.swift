import ArgumentParser
import Tsuzuri

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
    parsing: .unconditional,
    help: .setting(
      "min-tokens", "How many tokens a sample has at least: neither <eos> nor a stop text ends it before.",
      valueName: "n"))
  var minTokens: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A text that ends a sample, before itself. Can be given several times.", valueName: "text"))
  var stop: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A text that must not appear, in whatever tokens it would come. Can be given several times.", valueName: "text"))
  var ban: [String] = []

  @Option(help: ArgumentHelp("A file in UTF-8 with such texts, one a line.", valueName: "file"))
  var banFile: String?

  @Option(
    parsing: .unconditional, help: .setting("num-samples", "How many samples are made.", valueName: "n"))
  var numSamples: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The same seed, the same text (default: a random one).", valueName: "n")
  )
  var seed: String?

  var given: [String: String?] {
    ["max-tokens": maxTokens, "min-tokens": minTokens, "num-samples": numSamples, "seed": seed]
  }

  func validate() throws {
    if prompt != nil, promptFile != nil {
      throw ValidationError("--prompt, --prompt-file: there can be one prompt only. Leave one out.")
    }
    if promptFile == "-", banFile == "-" {
      throw ValidationError("--prompt-file -, --ban-file -: standard input can be read once only. Name a file.")
    }
    if stop.contains("") { throw ValidationError("--stop: expected a text of one character or more, found ''.") }
    if ban.contains("") { throw ValidationError("--ban: expected a text of one character or more, found ''.") }
    _ = try options(rules: .standard)
    _ = try Settings(self).seed()
  }

  /// What is to be generated, bans from a file left out.
  func options(rules: SamplingRules) throws -> GenerationOptions {
    try Settings(self).generationOptions(rules: rules, stop: stop, ban: ban)
  }

  /// The seed; without one, a random one that is short enough to be typed again.
  func seedNumber() throws -> UInt64 {
    if seed == nil { return UInt64(UInt32.random(in: .min ... .max)) }
    return try Settings(self).seed()
  }

  /// The prompt, from wherever it comes.
  func promptText() throws -> String {
    guard let promptFile else { return prompt ?? "" }
    var content = Substring(try InputText.read(promptFile, "a prompt")).utf8
    // Bytes, not characters: to compare one that is a megabyte of marks takes Swift minutes.
    if content.last == UInt8(ascii: "\n") {
      content.removeLast()
      if content.last == UInt8(ascii: "\r") { content.removeLast() }
    }
    return String(Substring(content))
  }

  /// The texts of ``banFile``; empty lines are passed over.
  func fileBans() throws -> [String] {
    guard let banFile else { return [] }
    let lines = try InputText.read(banFile, "banned texts").utf8.split {
      [UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0)
    }
    let texts = lines.map { String(Substring($0)) }
    if texts.isEmpty {
      throw CommandError.unusableFile(
        path: banFile, reason: "expected a text on each line, found none", advice: "Leave out --ban-file.")
    }
    return texts
  }
}

extension Settings {
  /// What is to be generated.
  func generationOptions(rules: SamplingRules, stop: [String], ban: [String]) throws -> GenerationOptions {
    let maxTokens = try wholeNumber("max-tokens", in: 0...(.max))
    let minTokens = try wholeNumber("min-tokens", in: 0...(.max))
    guard minTokens <= maxTokens else {
      throw ValidationError(
        "--min-tokens: expected at most --max-tokens, \(maxTokens), found \(minTokens). Give a larger --max-tokens.")
    }
    return GenerationOptions(
      rules: rules, maxTokens: maxTokens, minTokens: minTokens, stopTexts: stop, bannedTexts: ban,
      sampleCount: try wholeNumber("num-samples", in: 1...GenerationOptions.maximumSampleCount))
  }
}
