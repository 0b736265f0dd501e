extension SamplingRules {
  /// Checks all values.
  /// - Throws: `GenerationError.invalidOption` for the first that cannot be.
  func validate() throws {
    func check(_ isValid: Bool, _ name: String, _ expected: String, _ found: Any, _ advice: String) throws {
      guard isValid else {
        throw GenerationError.invalidOption(name: name, expected: expected, found: "\(found)", advice: advice)
      }
    }
    try check(
      temperature >= 0 && temperature.isFinite, "temperature", "a number of 0 or more", temperature,
      "0 takes the likeliest token each time, 0.8 is usual.")
    try check(topK >= 0, "top-k", "a whole number of 0 or more", topK, "0 switches the rule off, 40 is usual.")
    try check(
      typicalP > 0 && typicalP <= 1, "typical-p", "a number above 0 and up to 1", typicalP,
      "1 switches the rule off, 0.95 is usual.")
    try check(
      topP > 0 && topP <= 1, "top-p", "a number above 0 and up to 1", topP,
      "1 switches the rule off, 0.95 is usual.")
    try check(minP >= 0 && minP <= 1, "min-p", "a number from 0 to 1", minP, "0 switches the rule off, 0.05 is usual.")
    try check(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition-penalty", "a number above 0", repetitionPenalty,
      "1 switches the rule off, 1.1 is usual.")
    for (name, penalty) in [("presence-penalty", presencePenalty), ("frequency-penalty", frequencyPenalty)] {
      try check(penalty.isFinite, name, "a finite number", penalty, "0 switches the rule off, 0.5 is usual.")
    }
    try check(
      repetitionWindow >= 0, "repetition-window", "a whole number of 0 or more", repetitionWindow,
      "0 switches the penalties off, 64 is usual.")
    try check(
      noRepeatNGram >= 0, "no-repeat-ngram", "a whole number of 0 or more", noRepeatNGram,
      "0 switches the rule off, 4 is usual for words.")
    for (index, bias) in logitBias.enumerated() {
      try check(
        bias.value.isFinite || bias.value == -.infinity, "logit-bias", "a finite number, or -inf", bias.value,
        "5 makes a token far likelier, -inf forbids it.")
      try check(
        index == 0 || logitBias[index - 1].token != bias.token, "logit-bias", "one value for each token",
        "two for token \(bias.token)", "Leave one out.")
    }
  }

  /// Checks that the logit bias speaks of a vocabulary's tokens.
  /// - Throws: `GenerationError.invalidOption`.
  func validateTokens(below vocabularySize: Int) throws {
    for bias in logitBias where bias.token < 0 || Int(bias.token) >= vocabularySize {
      throw GenerationError.invalidOption(
        name: "logit-bias", expected: "a token from 0 to \(vocabularySize - 1)", found: "\(bias.token)",
        advice: "'tsuzuri tokenize --ids' tells the numbers of a text's tokens.")
    }
  }
}
