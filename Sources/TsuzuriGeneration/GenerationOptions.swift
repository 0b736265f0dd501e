/// What is to be generated: how much, by which rules, and where it ends.
public struct GenerationOptions: Sendable, Hashable {
  /// How tokens are chosen.
  public var rules: SamplingRules
  /// The most tokens a sample can have.
  public var maxTokens: Int
  /// The fewest tokens a sample has: before, neither `<eos>` nor a stop text ends it. A stop text that is complete earlier
  /// is text like any other.
  public var minTokens: Int
  /// Texts that end a sample, which itself ends before them. They are brought into the tokenizer's normalisation and
  /// then compared as they stand, scalar by scalar.
  public var stopTexts: [String]
  /// Texts that do not appear in a sample, in whatever tokens: what would complete one, begun in the prompt or not, is never
  /// drawn. They are brought into the tokenizer's normalisation and then compared as they stand, byte by byte.
  public var bannedTexts: [String]
  /// How many samples are made, side by side.
  public var sampleCount: Int
  /// What the randomness comes from: sample i draws from stream i of it, so its text does not depend on how many
  /// samples there are: a row of a packed product has the same bits whatever stands beside it.
  public var seed: UInt64

  /// A search for the likeliest text in the place of chance; nil draws. Then ``sampleCount`` is how many of the best texts are
  /// wanted, there may be fewer, and of the rules those that forbid alone have a place; the temperature means nothing.
  public var beam: BeamSearch?

  /// How many sequences of a model run side by side for it.
  public var sequences: Int { beam?.width ?? sampleCount }

  /// Options; the defaults are the command's, except that the seed is always 1.
  public init(
    rules: SamplingRules = .standard, maxTokens: Int = 200, minTokens: Int = 0, stopTexts: [String] = [],
    bannedTexts: [String] = [], sampleCount: Int = 1, seed: UInt64 = 1, beam: BeamSearch? = nil
  ) {
    self.rules = rules
    self.maxTokens = maxTokens
    self.minTokens = minTokens
    self.stopTexts = stopTexts
    self.bannedTexts = bannedTexts
    self.sampleCount = sampleCount
    self.seed = seed
    self.beam = beam
  }

  /// The most samples that can be made at once.
  public static let maximumSampleCount = 100_000

  /// Checks the values that ``SamplingRules`` does not check.
  /// - Throws: `GenerationError.invalidOption`.
  public func validate() throws {
    guard maxTokens >= 0 else {
      throw GenerationError.invalidOption(
        name: "max-tokens", expected: "a whole number of 0 or more", found: "\(maxTokens)",
        advice: "200 is the default.")
    }
    guard minTokens >= 0, minTokens <= maxTokens else {
      throw GenerationError.invalidOption(
        name: "min-tokens", expected: "a whole number from 0 to max-tokens, \(maxTokens)", found: "\(minTokens)",
        advice: "0 is the default.")
    }
    guard (1...Self.maximumSampleCount).contains(sampleCount) else {
      throw GenerationError.invalidOption(
        name: "num-samples", expected: "a whole number from 1 to \(Self.maximumSampleCount)", found: "\(sampleCount)",
        advice: "1 is the default.")
    }
    guard !stopTexts.contains("") else {
      throw GenerationError.invalidOption(
        name: "stop", expected: "a text of one character or more", found: "an empty one",
        advice: "Leave the option out where nothing is to stop the text.")
    }
    guard !bannedTexts.contains("") else {
      throw GenerationError.invalidOption(
        name: "ban", expected: "a text of one character or more", found: "an empty one",
        advice: "Leave the option out where everything may appear.")
    }
    if let beam { try validate(beam) }
  }

  /// Checks that a search is asked for what it can do.
  private func validate(_ beam: BeamSearch) throws {
    guard sampleCount <= beam.width else {
      throw GenerationError.invalidOption(
        name: "num-samples", expected: "at most as many as the beam is wide, \(beam.width)", found: "\(sampleCount)",
        advice: "Give a wider beam.")
    }
    let rules = [
      ("top-k", rules.topK != 0), ("typical-p", rules.typicalP != 1), ("top-p", rules.topP != 1),
      ("min-p", rules.minP != 0), ("repetition-penalty", rules.repetitionPenalty != 1),
      ("presence-penalty", rules.presencePenalty != 0), ("frequency-penalty", rules.frequencyPenalty != 0),
      ("logit-bias", rules.logitBias.contains { $0.value.isFinite }),
    ]
    for (name, isGiven) in rules where isGiven {
      throw GenerationError.invalidOption(
        name: name, expected: "no such rule beside a beam, which goes by the model's own probabilities", found: "one",
        advice: name == "logit-bias" ? "Only -inf, which forbids a token, has a place there." : "Leave one of them out."
      )
    }
  }
}
