import Foundation
public import TsuzuriText

/// Makes a corpus into a token file, in one pass over the text and on several threads, or finds the file again.
///
/// The file begins with `<eos>`; then come the tokens of the texts, with `<eos>` between two texts. At the whitespace
/// level `<eos>` ends each line, and texts follow each other as lines do.
///
/// The result depends on the text and the options alone, not on the number of threads.
public struct CorpusTokenizer: Sendable {
  /// How texts are read and cut.
  public let configuration: TokenizerConfiguration
  /// The vocabulary, or how it is built.
  public let vocabularySource: VocabularySource
  /// How many threads cut text at once.
  public let threads: Int
  /// Where token files are kept and found again; nil keeps none.
  public let cacheFolder: String?
  /// Text of one chapter, in bytes (see `CorpusSegments`).
  var chapterLength = 16 << 20
  let onEvent: @Sendable (CorpusEvent) -> Void

  /// Creates a tokenizer of corpora.
  ///
  /// - Parameters:
  ///   - configuration: how texts are read and cut.
  ///   - vocabulary: the vocabulary, or how it is built.
  ///   - threads: how many threads cut text at once; the tokens do not depend on it.
  ///   - cacheFolder: where token files are kept and found again; nil keeps none.
  ///   - onEvent: is told what happens, by any thread, one event at a time.
  /// - Throws: `VocabularyError` where the vocabulary, or its size, does not fit the level.
  public init(
    configuration: TokenizerConfiguration, vocabulary: VocabularySource, threads: Int, cacheFolder: String? = nil,
    onEvent: @escaping @Sendable (CorpusEvent) -> Void = { _ in }
  ) throws {
    precondition(threads >= 1, "\(threads) threads are asked for, expected at least 1")
    switch vocabulary {
    case .given(let vocabulary): _ = try Tokenizer(vocabulary: vocabulary, configuration: configuration)
    case .built(let options): try options.validate(for: configuration.level)
    }
    self.configuration = configuration
    vocabularySource = vocabulary
    self.threads = threads
    self.cacheFolder = cacheFolder
    self.onEvent = onEvent
  }

  /// The tokens of `sources`, divided into a part to train on and one to validate on.
  ///
  /// A vocabulary that is to be built is built from the training part: the first n − ⌊f·n⌋ of the n segments. The
  /// validation part is the last ⌊f·t⌋ of the t tokens. The two places differ by a little where segments are spelled
  /// by several tokens.
  ///
  /// - Throws: `TextError` where a text cannot be read, `CorpusError` where there is too little, `TokenFileError`
  ///   where the token file cannot be written.
  public func tokenize(_ sources: [TextSource], validation: ValidationSource = .none) throws -> TokenizedCorpus {
    let fraction = validation.fraction
    guard fraction >= 0, fraction < 1 else { throw CorpusError.badFraction(fraction) }
    let (tokens, vocabulary) = try tokenFile(of: sources, vocabulary: vocabularySource, fraction: fraction)
    let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: configuration)
    let validationText: ValidationText?
    switch validation {
    case .none: validationText = nil
    case .fraction:
      let counts = tokens.validation
      validationText =
        fraction == 0
        ? nil
        : ValidationText(
          tokens: tokens, range: tokens.count - counts.tokens..<tokens.count, utf8Count: counts.utf8,
          scalarCount: counts.scalars)
    case .texts(let texts):
      let other = try tokenFile(of: texts, vocabulary: .given(vocabulary), fraction: 0).tokens
      validationText = ValidationText(
        tokens: other, range: 1..<other.count, utf8Count: other.counts.utf8, scalarCount: other.counts.scalars)
    }
    return TokenizedCorpus(
      tokens: tokens, tokenizer: tokenizer, trainingRange: 0..<tokens.count - tokens.validation.tokens,
      validation: validationText)
  }

  /// The vocabulary that `tokenize(_:validation:)` would build from all of `sources`, without their tokens.
  ///
  /// At the character level `repertoires` complete it: what the texts lack of them follows, in the order of the UTF-8
  /// bytes. Then there need be no text.
  ///
  /// - Precondition: at other levels there are no repertoires.
  /// - Throws: as that does.
  public func buildVocabulary(
    from sources: [TextSource], completedBy repertoires: [CharacterRepertoire] = []
  ) throws -> Vocabulary {
    if case .given(let vocabulary) = vocabularySource { return vocabulary }
    let more = try CharacterRepertoire.tokens(of: repertoires, as: configuration)
    if sources.isEmpty, !more.isEmpty {
      return try vocabulary(from: vocabularySource, counts: SegmentCounts(), more: more)
    }
    let key = try CorpusKey(
      sources: sources, configuration: configuration, vocabulary: vocabularySource, fraction: 0)
    let queue = queue(of: sources, key: key)
    let segments = try readSegments(queue, of: sources, key: key, spoolFolder: try workFolder())
    return try vocabulary(
      from: vocabularySource, counts: try segments.counts(ofFirst: segments.segmentCount), more: more)
  }

  private func tokenFile(
    of sources: [TextSource], vocabulary source: VocabularySource, fraction: Double
  ) throws -> (tokens: TokenFile, vocabulary: Vocabulary) {
    let key = try CorpusKey(
      sources: sources, configuration: configuration, vocabulary: source, fraction: fraction)
    let folder = try workFolder()
    if key.streams.isEmpty, let found = cached(key.fingerprint(streamed: nil), in: folder, source) { return found }
    let queue = queue(of: sources, key: key)
    let segments = try readSegments(queue, of: sources, key: key, spoolFolder: folder)
    let fingerprint = key.fingerprint(streamed: key.streams.isEmpty ? nil : queue.streamedFingerprint)
    if !key.streams.isEmpty, let found = cached(fingerprint, in: folder, source) { return found }
    let trained = segments.segmentCount - ValidationSource.share(fraction, of: segments.segmentCount)
    let vocabulary = try vocabulary(from: source, counts: try segments.counts(ofFirst: trained))
    let path = CachePath(folder: folder, fingerprint: fingerprint, isKept: cacheFolder != nil)
    onEvent(.writing(path: path.tokens))
    if path.isKept, case .built = source { try vocabulary.write(to: path.vocabulary) }
    let writer = try TokenFileWriter(path: path.tokens, vocabularyCount: vocabulary.count)
    var header = TokenFileHeader()
    let counts = try segments.writeTokens(
      to: writer, vocabulary: vocabulary, level: configuration.level, threads: threads)
    header.vocabularyCount = vocabulary.count
    (header.utf8, header.scalars) = (counts.utf8, counts.scalars)
    (header.segments, header.unknown) = (counts.segments, counts.unknown)
    header.fingerprint = fingerprint
    header.vocabularyFingerprint = vocabulary.fingerprint
    header.validation = try validationCounts(
      fraction, of: counts, in: writer, vocabulary: vocabulary, segments: segments)
    let finished = try writer.finish(header, isKept: path.isKept)
    // Without a cache the file goes with its writer; what is open stays readable.
    return try withExtendedLifetime(writer) { (try TokenFile(path: finished), vocabulary) }
  }

  private func queue(of sources: [TextSource], key: CorpusKey) -> CorpusBlockQueue {
    CorpusBlockQueue(
      sources: sources, configuration: configuration, chapterLength: chapterLength, totalBytes: key.totalBytes,
      streams: key.streams,
      onEvent: onEvent)
  }

  private func readSegments(
    _ queue: CorpusBlockQueue, of sources: [TextSource], key: CorpusKey, spoolFolder: String
  ) throws -> CorpusSegments {
    let segments = try CorpusSegments(
      queue: queue, segmentation: configuration.segmentation, threads: threads, spoolFolder: spoolFolder)
    guard segments.segmentCount > 0 else { throw CorpusError.empty(names: sources.map(\.name)) }
    try key.checkFilesAreUnchanged()
    return segments
  }

  private func vocabulary(
    from source: VocabularySource, counts: @autoclosure () throws -> SegmentCounts, more: [[UInt8]] = []
  ) throws -> Vocabulary {
    switch source {
    case .given(let vocabulary): return vocabulary
    case .built(let options):
      onEvent(.buildingVocabulary)
      return try Vocabulary(level: configuration.level, counts: counts(), options: options, more: more)
    }
  }

  /// What the last tokens hold: their number from the fraction, their text from what they stand for.
  private func validationCounts(
    _ fraction: Double, of counts: TextCounts, in writer: TokenFileWriter, vocabulary: Vocabulary,
    segments: CorpusSegments
  ) throws -> ValidationCounts {
    var result = ValidationCounts()
    guard fraction > 0 else { return result }
    result.tokens = ValidationSource.share(fraction, of: counts.tokens)
    if result.tokens == 0 { throw CorpusError.nothingToValidate(fraction: fraction, tokens: counts.tokens) }
    if result.tokens == counts.tokens {
      throw CorpusError.nothingToTrain(fraction: fraction, tokens: counts.tokens)
    }
    if vocabulary.kind == .closed {
      // `<unk>` says nothing of the word's length; but here every segment is one token.
      (result.utf8, result.scalars) = try segments.textLength(ofLast: result.tokens)
      return result
    }
    let lengths = (0..<Int32(vocabulary.count)).map { id in
      vocabulary.withBytes(of: id) { (utf8: $0.count, scalars: $0.count { $0 & 0xC0 != 0x80 }) }
    }
    try writer.forEachToken(last: result.tokens) { id in
      result.utf8 += lengths[Int(id)].utf8
      result.scalars += lengths[Int(id)].scalars
    }
    return result
  }
}
