public import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriText

/// What a model is trained on and watched with: token ids, without the text.
public struct TrainingText: Sendable {
  /// The tokens that are laid out in lanes.
  public var tokens: any TokenSequence
  /// The part of them to train on.
  public var trainingRange: Range<Int>
  /// The tokens to validate on, if any, in the order of the text.
  public var validation: Validation?
  /// Whether `<eos>` is scored in validation: at the whitespace level, where it ends lines.
  public var scoresEndOfText: Bool
  /// What a resumed run must find again.
  public var fingerprint: String

  /// Text that the model is measured on.
  public struct Validation: Sendable {
    /// The tokens.
    public var tokens: any TokenSequence
    /// The part of them that is scored.
    public var range: Range<Int>
    /// The bytes of the text; nil where they are not known.
    public var utf8Count: Int?

    /// Names tokens to score.
    public init(tokens: any TokenSequence, range: Range<Int>, utf8Count: Int?) {
      self.tokens = tokens
      self.range = range
      self.utf8Count = utf8Count
    }
  }

  /// Text that is not in a token file.
  ///
  /// - Parameters:
  ///   - tokens: the tokens, in the order of the text.
  ///   - trainingRange: the part of them to train on; nil for all.
  ///   - validation: the tokens to validate on, if any.
  ///   - scoresEndOfText: whether `<eos>` is scored in validation.
  ///   - fingerprint: what a resumed run compares. With the same one for every text, as by default, nobody finds out that it
  ///     was given another.
  public init(
    tokens: any TokenSequence, trainingRange: Range<Int>? = nil, validation: Validation? = nil,
    scoresEndOfText: Bool = false, fingerprint: String = ""
  ) {
    self.tokens = tokens
    self.trainingRange = trainingRange ?? 0..<tokens.count
    self.validation = validation
    self.scoresEndOfText = scoresEndOfText
    self.fingerprint = fingerprint
  }

  /// The text of a tokenised corpus.
  public init(_ corpus: TokenizedCorpus) {
    self.init(
      tokens: corpus.tokens, trainingRange: corpus.trainingRange,
      validation: corpus.validation.map { .init(tokens: $0.tokens, range: $0.range, utf8Count: $0.utf8Count) },
      scoresEndOfText: corpus.tokenizer.level.scoresEndOfText,
      // The validation text decides which weights are kept, so it is part of what a resumed run must find again.
      fingerprint: "\(corpus.fingerprint) "
        + (corpus.validation.map { "\($0.tokens.contentFingerprint) \($0.range)" } ?? "none"))
  }
}

extension TrainingText {
  /// Checks that the model has every token.
  ///
  /// - Throws: `ModelError.tokenOutOfRange(id:vocabularySize:)`.
  /// - Complexity: O(1) for a token file, O(tokens) in memory.
  func check(for model: ModelConfiguration) throws {
    let parts: [(any TokenSequence)?] = [tokens, validation?.tokens]
    for tokens in parts.compactMap(\.self) {
      let largest: Int32? =
        switch tokens {
        case let file as TokenFile: Int32(file.vocabularyCount - 1)
        case let array as TokenArray: array.range.flatMap { $0.lowerBound < 0 ? $0.lowerBound : $0.upperBound }
        default: nil
        }
      if let largest, !(0..<Int32(model.vocabularySize)).contains(largest) {
        throw ModelError.tokenOutOfRange(id: largest, vocabularySize: model.vocabularySize)
      }
    }
  }

  /// How often each token occurs at the beginning of the training part: in its first 4 million tokens at most, so that
  /// starting takes the same time for any corpus.
  func tokenCounts(vocabularySize: Int) throws -> [Int] {
    var counts = [Int](repeating: 0, count: vocabularySize)
    let end = min(trainingRange.upperBound, trainingRange.lowerBound + 4_000_000)
    for start in stride(from: trainingRange.lowerBound, to: end, by: 65_536) {
      for id in try tokens.tokens(in: start..<min(end, start + 65_536)) { counts[Int(id)] += 1 }
    }
    return counts
  }
}
