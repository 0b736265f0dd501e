/// What is to be generated: how much, by which rules, and where it ends.
public struct GenerationOptions: Sendable, Hashable {
  /// How tokens are chosen.
  public var rules: SamplingRules
  /// The most tokens a sample can have.
  public var maxTokens: Int
  /// Texts that end a sample, which itself ends before them. They are brought into the tokenizer's normalisation and
  /// then compared as they stand, scalar by scalar.
  public var stopTexts: [String]
  /// How many samples are made, side by side.
  public var sampleCount: Int
  /// What the randomness comes from: sample i draws from stream i of it, so its text does not depend on how many
  /// samples there are: a row of a packed product has the same bits whatever stands beside it.
  public var seed: UInt64

  /// Options; the defaults are the command's, except that the seed is always 1.
  public init(
    rules: SamplingRules = .standard, maxTokens: Int = 200, stopTexts: [String] = [], sampleCount: Int = 1,
    seed: UInt64 = 1
  ) {
    self.rules = rules
    self.maxTokens = maxTokens
    self.stopTexts = stopTexts
    self.sampleCount = sampleCount
    self.seed = seed
  }

  /// Checks the values that ``SamplingRules`` does not check.
  /// - Throws: `GenerationError.invalidOption`.
  public func validate() throws {
    guard maxTokens >= 0 else {
      throw GenerationError.invalidOption(
        name: "max-tokens", expected: "a whole number of 0 or more", found: "\(maxTokens)",
        advice: "200 is the default.")
    }
    guard sampleCount >= 1 else {
      throw GenerationError.invalidOption(
        name: "num-samples", expected: "a whole number of 1 or more", found: "\(sampleCount)",
        advice: "1 is the default.")
    }
    guard !stopTexts.contains("") else {
      throw GenerationError.invalidOption(
        name: "stop", expected: "a text of one character or more", found: "an empty one",
        advice: "Leave the option out where nothing is to stop the text.")
    }
  }
}
