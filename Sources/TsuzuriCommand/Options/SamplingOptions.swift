import ArgumentParser
import Tsuzuri

/// How the next token is chosen.
struct SamplingOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting("temperature", "0 always takes the likeliest token, more is bolder.", valueName: "number"))
  var temperature: String?

  @Option(
    parsing: .unconditional, help: .setting("top-k", "Keep the k likeliest tokens; 0 is off.", valueName: "k"))
  var topK: String?

  @Option(
    parsing: .unconditional,
    help: .setting("top-p", "Keep the likeliest tokens that reach p together; 1 is off.", valueName: "p"))
  var topP: String?

  @Option(
    parsing: .unconditional,
    help: .setting("min-p", "Keep tokens at least p times as likely as the likeliest; 0 is off.", valueName: "p"))
  var minP: String?

  @Option(
    parsing: .unconditional,
    help: .setting("repetition-penalty", "Above 1 makes repetitions rarer.", valueName: "number"))
  var repetitionPenalty: String?

  @Option(
    parsing: .unconditional,
    help: .setting("repetition-window", "How many of the last tokens the penalty looks at.", valueName: "n"))
  var repetitionWindow: String?

  var given: [String: String?] {
    [
      "temperature": temperature, "top-k": topK, "top-p": topP, "min-p": minP,
      "repetition-penalty": repetitionPenalty, "repetition-window": repetitionWindow,
    ]
  }

  func validate() throws { _ = try Settings(self).samplingRules() }
}

extension Settings {
  /// The rules of sampling.
  func samplingRules() throws -> SamplingRules {
    func any(_ name: String, _ expected: String) throws -> Double { try number(name, expected: expected) { _ in true } }
    let temperature = try any("temperature", "a number of 0 or more")
    let topP = try any("top-p", "a number above 0 and up to 1")
    let minP = try any("min-p", "a number from 0 to 1")
    let penalty = try any("repetition-penalty", "a number above 0")
    let (topK, window) = (
      try wholeNumber("top-k", in: 0...(.max)), try wholeNumber("repetition-window", in: 0...(.max))
    )
    do {
      return try SamplingRules(
        temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: penalty,
        repetitionWindow: window)
    } catch GenerationError.invalidOption(let name, let expected, _, let advice) {
      throw ValidationError(Self.message(name, expected: expected, found: text(name)) + " " + advice)
    }
  }
}
