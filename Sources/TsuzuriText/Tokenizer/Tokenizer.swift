/// Text ↔ token ids: a vocabulary with the rules by which text is read and cut.
///
/// At every level but whitespace nothing is lost: `decode(encode(text))` is the normalised text, byte for byte. At
/// the whitespace level words come back with one blank between them, and `<eos>` as the end of a line.
public struct Tokenizer: Sendable {
  /// The tokens.
  public let vocabulary: Vocabulary
  /// The rules by which text is read and cut.
  public let configuration: TokenizerConfiguration

  /// Joins a vocabulary and rules.
  ///
  /// - Throws: `VocabularyError.levelMisfit` where the vocabulary is of another kind than the level needs.
  public init(vocabulary: Vocabulary, configuration: TokenizerConfiguration) throws {
    let level = configuration.level
    let fits =
      switch level {
      case .whitespace: vocabulary.kind == .closed
      case .byte: vocabulary.hasOnlyBytes
      case .character, .word: vocabulary.kind == .spelling
      }
    guard fits else {
      throw VocabularyError.levelMisfit(level: level, found: vocabulary.summary)
    }
    self.vocabulary = vocabulary
    self.configuration = configuration
  }

  /// The level of the tokens.
  public var level: TokenLevel { configuration.level }

  /// The ids of `text`, such as a prompt, after normalisation; without the `<eos>` that is fed before it.
  ///
  /// - Throws: `TextError` where ICU cannot open its rules.
  public func encode(_ text: String) throws -> [Int32] {
    var options = configuration.text
    // What a corpus is encoded in, and the marks in its files, do not concern a prompt.
    options.encoding = "UTF-8"
    options.stripsRuby = false
    var reader = try TextBlockReader(.text(text), text: options, segmentation: configuration.segmentation)
    let segmenter = try Segmenter(configuration.segmentation)
    let encoder = SegmentEncoder(vocabulary: vocabulary, level: level)
    var ids: [Int32] = []
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { segment, kind in _ = try encoder.encode(segment, kind, into: &ids) }
    }
    // A prompt's last line goes on; only a line end that is there ends it.
    let isEnded = text.utf8.last == UInt8(ascii: "\n") || text.utf8.last == UInt8(ascii: "\r")
    if level == .whitespace, ids.last == Vocabulary.endOfText, !isEnded { ids.removeLast() }
    return ids
  }

  /// The text that the ids stand for. Bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Throws: `TokenizerError.idOutOfRange`.
  public func decode(_ ids: some Sequence<Int32>) throws -> String {
    String(decoding: try decodeBytes(ids), as: UTF8.self)
  }

  /// The bytes that the ids stand for.
  ///
  /// - Throws: `TokenizerError.idOutOfRange`.
  public func decodeBytes(_ ids: some Sequence<Int32>) throws -> [UInt8] {
    var joiner = TokenJoiner(vocabulary: vocabulary)
    var bytes: [UInt8] = []
    for id in ids {
      guard id >= 0, Int(id) < vocabulary.count else {
        throw TokenizerError.idOutOfRange(id: Int(id), count: vocabulary.count)
      }
      joiner.append(id, to: &bytes)
    }
    return bytes
  }

  /// A decoder that gives text as tokens arrive; `previous` is the token that stands before them, if any.
  public func streamingDecoder(after previous: Int32? = nil) -> StreamingDecoder {
    StreamingDecoder(vocabulary: vocabulary, after: previous)
  }
}

extension Vocabulary {
  /// What the vocabulary is, in the words of an error message.
  var summary: String {
    switch kind {
    case .closed: "a closed vocabulary (<eos>, <unk>, \(count - 2) words)"
    case .spelling:
      hasOnlyBytes
        ? "the vocabulary of bytes alone (257 ids)"
        : "a vocabulary with byte tokens and \(count - Int(Self.firstText)) of text"
    }
  }
}
