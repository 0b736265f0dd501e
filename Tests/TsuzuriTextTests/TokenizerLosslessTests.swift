import Testing
import TsuzuriText
import _TestSupport

@Suite struct TokenizerLosslessTests {
  /// The normalised text, as the blocks have it.
  private func normalised(_ text: String, _ configuration: TokenizerConfiguration) throws -> [UInt8] {
    var reader = try TextBlockReader(
      .text(text), text: configuration.text, segmentation: configuration.segmentation)
    var bytes: [UInt8] = []
    while let block = try reader.next() {
      bytes += configuration.level == .byte ? block.bytes : Array(String(decoding: block.units, as: UTF16.self).utf8)
    }
    return bytes
  }

  /// A vocabulary of the segments of `text`.
  private func vocabulary(of text: String, _ configuration: TokenizerConfiguration, size: Int?) throws -> Vocabulary {
    var counts = SegmentCounts()
    var reader = try TextBlockReader(.text(text), text: configuration.text, segmentation: configuration.segmentation)
    let segmenter = try Segmenter(configuration.segmentation)
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { segment, _ in counts.add(segment) }
    }
    return try Vocabulary(level: configuration.level, counts: counts, options: VocabularyOptions(size: size))
  }

  @Test(arguments: [TokenLevel.character, .word, .byte], [Normalization.none, .nfc, .nfkc])
  func everyTextComesBackByteForByte(level: TokenLevel, normalization: Normalization) throws {
    let configuration = TokenizerConfiguration(
      text: TextOptions(normalization: normalization), segmentation: SegmentationOptions(level: level))
    var generator = SplitMix64(seed: 1)
    let sample = RandomText.make(length: 2000, using: &generator)
    for size in [257, 258, 300, nil] where level != .byte || size == nil {
      let vocabulary = try vocabulary(of: sample, configuration, size: size)
      let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: configuration)
      for _ in 0..<150 {
        let text = RandomText.make(length: 30, using: &generator)
        let ids = try tokenizer.encode(text)
        let expected = try normalised(text, configuration)
        #expect(
          try tokenizer.decodeBytes(ids) == expected, "vocabulary of \(vocabulary.count), text \(text.debugDescription)"
        )
        var decoder = tokenizer.streamingDecoder()
        let streamed = ids.reduce("") { $0 + decoder.append($1) } + decoder.finish()
        #expect(Array(streamed.utf8) == Array(String(decoding: expected, as: UTF8.self).utf8))
        #expect(ids.allSatisfy { vocabulary.id(escapedToken: vocabulary.escapedToken($0)) == $0 })
      }
    }
  }

  /// The checker above must see a single lost byte: with a joiner that drops one, it would.
  @Test func theCheckSeesALostMark() throws {
    let configuration = TokenizerConfiguration(text: TextOptions(normalization: .none))
    #expect(try normalised("か\u{3099}", configuration) != normalised("が", configuration))
  }

  @Test(arguments: [1, 3])
  func aStreamOfBlocksIsWhatAPromptIs(threads: Int) throws {
    let configuration = TokenizerConfiguration(segmentation: SegmentationOptions(level: .word))
    var generator = SplitMix64(seed: 2)
    let piece = RandomText.make(length: 3000, using: &generator)
    let vocabulary = try vocabulary(of: piece, configuration, size: 400)
    // More than the rounds in which several threads take their blocks.
    let text = String(repeating: piece, count: 1 + 1_000_000 / piece.utf16.count)
    var blocks = 0
    let tokenizer = try Tokenizer(vocabulary: vocabulary, configuration: configuration)
    var ids: [Int32] = []
    var flags: [TokenFlags] = []
    let counts = try tokenizer.encode(.text(text), threads: threads) { block in
      ids += block.ids
      flags += block.flags
      blocks += 1
    }
    #expect(blocks > 6)
    #expect(try ids == tokenizer.encode(text))
    #expect(counts.tokens == ids.count)
    #expect(flags.count == ids.count)
    #expect(counts.segments == flags.count { $0.contains(.segmentStart) })
    #expect(counts.unknown == flags.count { $0.contains(.segmentStart) && $0.contains(.spelled) })
    #expect(counts.unknown > 0)
    let bytes = try normalised(text, configuration)
    #expect(counts.utf8 == bytes.count)
    #expect(counts.scalars == String(decoding: bytes, as: UTF8.self).unicodeScalars.count)
  }

  @Test func flagsTellSpelledUnknownAndLineEnds() throws {
    let closed = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: [Array("a".utf8)]),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)))
    var flags: [TokenFlags] = []
    let counts = try closed.encode(.text("a b\n<unk>\n")) { flags += $0.flags }
    #expect(
      flags == [
        .segmentStart, [.segmentStart, .unknown], [.segmentStart, .lineEnd], .segmentStart,
        [.segmentStart, .lineEnd],
      ])
    #expect(counts.unknown == 1)
    #expect(counts.tokens == 5)
    let words = try Tokenizer(
      vocabulary: Vocabulary(kind: .spelling, texts: [Array("は".utf8)]),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .word)))
    flags = []
    try words.encode(.text("猫は")) { flags += $0.flags }
    #expect(flags == [[.segmentStart, .spelled], .spelled, .spelled, .segmentStart])
  }
}
