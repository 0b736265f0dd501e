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
    help: .setting(
      "typical-p", "Keep tokens whose information is nearest to the expected, until they reach p; 1 is off.",
      valueName: "p"))
  var typicalP: String?

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
    help: .setting(
      "presence-penalty", "What is taken from the logit of each token that was there; 0 is off.", valueName: "number"))
  var presencePenalty: String?

  @Option(
    parsing: .unconditional,
    help: .setting(
      "frequency-penalty", "The same, as often as the token was there; 0 is off.", valueName: "number"))
  var frequencyPenalty: String?

  @Option(
    parsing: .unconditional,
    help: .setting("repetition-window", "How many of the last tokens the penalties look at.", valueName: "n"))
  var repetitionWindow: String?

  @Option(
    name: .customLong("no-repeat-ngram"), parsing: .unconditional,
    help: .setting("no-repeat-ngram", "No run of n tokens comes twice; 0 is off.", valueName: "n"))
  var noRepeatNGram: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Add to a token's logit; -inf forbids it. The token is written as 'tsuzuri tokenize' shows it. Can be given "
        + "several times.", valueName: "token=value"))
  var logitBias: [String] = []

  var given: [String: String?] {
    [
      "temperature": temperature, "top-k": topK, "typical-p": typicalP, "top-p": topP, "min-p": minP,
      "repetition-penalty": repetitionPenalty, "presence-penalty": presencePenalty,
      "frequency-penalty": frequencyPenalty, "repetition-window": repetitionWindow, "no-repeat-ngram": noRepeatNGram,
    ]
  }

  func validate() throws {
    _ = try Settings(self).samplingRules(logitBias: [])
    for text in logitBias { _ = try LogitBiasOption(text) }
  }

  /// The rules, for a model with this vocabulary.
  func rules(_ vocabulary: Vocabulary) throws -> SamplingRules {
    let bias = try logitBias.map { try LogitBiasOption($0).bias(vocabulary) }
    return try Settings(self).samplingRules(logitBias: bias)
  }
}

extension Settings {
  /// The rules of sampling.
  func samplingRules(logitBias: [LogitBias]) throws -> SamplingRules {
    func any(_ name: String, _ expected: String) throws -> Double { try number(name, expected: expected) { _ in true } }
    func count(_ name: String) throws -> Int { try wholeNumber(name, in: 0...(.max)) }
    do {
      return try SamplingRules(
        temperature: any("temperature", "a number of 0 or more"), topK: count("top-k"),
        typicalP: any("typical-p", "a number above 0 and up to 1"), topP: any("top-p", "a number above 0 and up to 1"),
        minP: any("min-p", "a number from 0 to 1"), repetitionPenalty: any("repetition-penalty", "a number above 0"),
        presencePenalty: any("presence-penalty", "a finite number"),
        frequencyPenalty: any("frequency-penalty", "a finite number"), repetitionWindow: count("repetition-window"),
        noRepeatNGram: count("no-repeat-ngram"), logitBias: logitBias)
    } catch GenerationError.invalidOption(let name, let expected, let found, let advice) {
      let message =
        values[name].map { Self.message(name, expected: expected, found: $0) }
        ?? "--\(name): expected \(expected), found \(found)."
      throw ValidationError(message + " " + advice)
    }
  }
}
