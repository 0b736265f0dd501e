import TsuzuriText

extension FuzzTarget {
  /// Bytes → text: detection, decoders, gzip, Aozora Bunko's marks, normalisation, blocks.
  ///
  /// Input: encoding, options, level, then the file. What is read must not depend on the buffers.
  static let decoding = FuzzTarget("decoding", longestInput: 4096) { input in
    var reader = InputReader(input)
    let encoding = reader.choice(of: [
      "auto", "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-7", "Shift_JIS", "EUC-JP", "ISO-2022-JP",
      "ISO-2022-JP-2", "GB18030", "Big5", "EUC-KR", "windows-1252", "HZ", "SCSU", "BOCU-1", "IMAP-mailbox-name",
      "ISO-2022-KR",
    ])
    let flags = reader.byte()
    let options = TextOptions(
      encoding: encoding, isLossy: flags & 1 != 0, normalization: Normalization.allCases[(flags >> 1) % 3],
      stripsRuby: flags & 64 != 0)
    let level = reader.choice(of: TokenLevel.allCases)
    let source = TextSource.bytes(reader.remainder(), name: "input")
    let runScalars = flags & 128 != 0 ? 7 : 4096
    func read(_ readBytes: Int, _ blockUnits: Int) -> Reading {
      Reading(
        source, options, SegmentationOptions(level: level),
        BufferSizes(readBytes: readBytes, blockUnits: blockUnits, runScalars: runScalars))
    }
    let whole = read(1 << 18, 1 << 17)
    let cut = read(5, 9)
    // Some converters do not say which bytes they kept from the call before.
    let tellsBytes = !["UTF-7", "HZ", "SCSU", "BOCU-1", "IMAP-mailbox-name", "ISO-2022-KR"].contains(encoding)
    let isSame = tellsBytes ? whole.error == cut.error : (whole.error == nil) == (cut.error == nil)
    try require(
      isSame, "\(encoding): errors differ: \(whole.error ?? "none"), \(cut.error ?? "none")")
    if let error = whole.error { throw Refusal(description: error) }
    try require(whole.segments == cut.segments, "\(encoding), level \(level): segments depend on buffers")
    try require(
      String(validating: whole.bytes, as: UTF8.self) != nil || level == .byte, "\(encoding): what came is no UTF-8")
  }

  /// Text → segments: every level, some locales, small and large runs.
  ///
  /// Input: level, locale, run length, then UTF-8, ill-formed parts replaced. The segments must join to the text.
  static let segmenting = FuzzTarget("segmenting", longestInput: 2048) { input in
    var reader = InputReader(input)
    let level = reader.choice(of: [TokenLevel.character, .word, .whitespace])
    let locale = reader.choice(of: ["ja", "en", "th", "zh", "km", "my", "lo"])
    let runScalars = reader.choice(of: [4096, 5, 1, 64])
    let text = String(decoding: reader.remainder(), as: UTF8.self)
    let options = SegmentationOptions(level: level, locale: locale)
    func read(_ blockUnits: Int) -> Reading {
      Reading(
        .text(text), TextOptions(normalization: .none), options,
        BufferSizes(readBytes: 64, blockUnits: blockUnits, runScalars: runScalars))
    }
    let whole = read(1 << 17)
    let cut = read(3)
    if let error = whole.error ?? cut.error { throw Finding(description: "\(level), \(locale): \(error)") }
    try require(whole.segments == cut.segments, "\(level), \(locale), runs of \(runScalars): segments depend on blocks")
    if level != .whitespace {
      try require(whole.bytes == Array(text.utf8), "\(level), \(locale), runs of \(runScalars): the text is not whole")
    }
  }

  /// Text ↔ ids with a vocabulary of the input's own: nothing is lost, and pieces join to the whole.
  ///
  /// Input: level, a stretch that the vocabulary is made of, then the text.
  static let tokenizing = FuzzTarget("tokenizing", longestInput: 2048) { input in
    var reader = InputReader(input)
    let level = reader.choice(of: [TokenLevel.character, .word, .byte, .whitespace])
    let known = String(decoding: reader.stretch(), as: UTF8.self)
    let configuration = TokenizerConfiguration(segmentation: SegmentationOptions(level: level))
    var texts: [[UInt8]] = []
    if level != .byte {
      let reading = Reading(.text(known), configuration.text, configuration.segmentation, BufferSizes())
      for segment in reading.segments.prefix(40) where !segment.isEmpty && !texts.contains(segment) {
        let isSpecial = level == .whitespace && (segment == Array("<eos>".utf8) || segment == Array("<unk>".utf8))
        if !isSpecial { texts.append(segment) }
      }
    }
    let vocabulary = Vocabulary(kind: level == .whitespace ? .closed : .spelling, texts: texts)
    let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: configuration)
    let text = String(decoding: reader.remainder(), as: UTF8.self)
    let (ids, decoded) = try kept("level \(level): a text cannot be encoded") {
      let ids = try tokenizer.encode(text)
      return (ids, try tokenizer.decodeBytes(ids))
    }
    if level != .whitespace {
      let form = Reading(.text(text), configuration.text, configuration.segmentation, BufferSizes()).bytes
      try require(decoded == form, "level \(level): decode(encode(text)) is not the normalised text")
    }
    // Any ids at all, as a model may write them.
    let drawn = text.utf8.map { Int32($0) * 7 % Int32(vocabulary.count) }
    var stream = tokenizer.streamingDecoder()
    let pieces = drawn.map { stream.append($0) }.joined() + stream.finish()
    let whole = try kept("level \(level): ids cannot be decoded") { try tokenizer.decode(drawn) }
    try require(pieces.utf8.elementsEqual(whole.utf8), "level \(level): pieces do not join to the whole")
    for id in ids.prefix(64) + drawn.prefix(64) {
      try require(
        vocabulary.id(escapedToken: vocabulary.escapedToken(id)) == id, "the token \(id) is not read as it is written")
    }
  }
}

/// Text that was refused, in the words that it was refused with.
struct Refusal: Error, CustomStringConvertible {
  let description: String
}

/// A text read to its end.
private struct Reading {
  var segments: [[UInt8]] = []
  var error: String?
  var bytes: [UInt8] { segments.flatMap(\.self) }

  init(_ source: TextSource, _ text: TextOptions, _ segmentation: SegmentationOptions, _ sizes: BufferSizes) {
    do {
      var reader = try TextBlockReader(source, text: text, segmentation: segmentation, sizes: sizes)
      let segmenter = try Segmenter(segmentation, runScalars: sizes.runScalars)
      while let block = try reader.next() {
        try segmenter.forEachSegment(in: block) { bytes, _ in segments.append(Array(bytes)) }
      }
    } catch {
      self.error = "\(error)"
    }
  }
}
