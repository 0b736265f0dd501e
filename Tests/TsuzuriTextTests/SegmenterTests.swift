import Foundation
import Testing

@testable import TsuzuriText

@Suite struct SegmenterTests {
  private func segments(_ text: String, _ level: TokenLevel, locale: String = "ja") throws -> [String] {
    try TsuzuriTextTests.segments(of: .text(text), SegmentationOptions(level: level, locale: locale))
  }

  @Test(arguments: [
    ("a cat  sat , it", ["a", " cat", "  ", "sat", " ", ",", " it"]),
    ("吾輩は猫である。\r\n", ["吾輩", "は", "猫", "で", "ある", "。", "\r\n"]), (" cat", [" cat"]), ("  cat", ["  ", "cat"]),
    ("\tcat", ["\t", "cat"]), ("\t cat", ["\t", " cat"]), ("a\u{A0}b", ["a", "\u{A0}", "b"]),
    ("\u{3000}猫", ["\u{3000}", "猫"]),
    (" \u{3000}猫", [" \u{3000}", "猫"]), ("a \n b", ["a", " ", "\n", " b"]), (" 3.14 ", [" 3.14", " "]),
    (" 、猫", [" ", "、", "猫"]),
    (" ", [" "]), ("", []), ("can't U.S. 😀 ok", ["can't", " U.S", ".", " ", "😀", " ok"]),
  ])
  func aBlankBelongsToTheWordAfterIt(text: String, expected: [String]) throws {
    #expect(try segments(text, .word) == expected)
  }

  @Test func aCharacterIsACluster() throws {
    let expected = ["が", "é", "👩‍👩‍👧", "🇯🇵", "🇺🇸", "1️⃣", "각", "क्षि", "\r\n", "\n", "\r", "𠮷", "👍🏽"]
    #expect(try segments("か\u{3099}e\u{301}👩‍👩‍👧🇯🇵🇺🇸1️⃣\u{1100}\u{1161}\u{11A8}क्षि\r\n\n\r𠮷👍🏽", .character) == expected)
  }

  @Test func eachLineOfATokenisedTextEndsInATokenOfItsOwn() throws {
    #expect(try segments(" a  b\n\nc", .whitespace) == ["a", "b", "<eos>", "<eos>", "c", "<eos>"])
    #expect(
      try segments("a\u{3000}b\tc\u{A0}d\r\ne\rf\n", .whitespace) == [
        "a", "b", "c", "d", "<eos>", "e", "<eos>", "f", "<eos>",
      ])
    // Nothing is normalised there.
    #expect(areIdentical(try segments("e\u{301}\n", .whitespace)[0], "e\u{301}"))
  }

  @Test func aByteIsAByteWhateverItMeans() throws {
    let options = SegmentationOptions(level: .byte)
    let bytes: [UInt8] = [0xFF, 0xFE, 0x00, 0x0D, 0x0A, 0x80]
    var reader = try TextBlockReader(.bytes(bytes, name: "t"), text: TextOptions(), segmentation: options)
    let segmenter = try Segmenter(options)
    var found: [UInt8] = []
    while let block = try reader.next() {
      #expect(block.utf8Count == 6)
      try segmenter.forEachSegment(in: block) { segment, _ in
        #expect(segment.count == 1)
        found += segment
      }
    }
    #expect(found == bytes)
  }

  @Test(arguments: [TokenLevel.character, .word])
  func segmentsJoinedAreTheNormalisedText(level: TokenLevel) throws {
    for seed in 0..<300 {
      var generator = SplitMix(seed: UInt64(90_000 + seed))
      var text = seed % 2 == 0 ? "" : AwkwardText.make(pieces: 100, using: &generator)
      text += AwkwardText.anyScalars(200, using: &generator)
      let joined = try segments(text, level).joined()
      #expect(areIdentical(joined, try normalizedText(of: .text(text))), "seed \(90_000 + seed)")
    }
  }

  @Test func blocksCountTheirScalarsAndBytes() throws {
    var generator = SplitMix(seed: 7)
    let text = AwkwardText.anyScalars(3000, using: &generator)
    let options = SegmentationOptions(level: .word)
    var reader = try TextBlockReader(
      .text(text), text: TextOptions(normalization: .none), segmentation: options,
      sizes: BufferSizes(readBytes: 100, blockUnits: 100))
    var counts = (blocks: 0, scalars: 0, bytes: 0)
    while let block = try reader.next() {
      #expect(block.index == counts.blocks)
      counts = (counts.blocks + 1, counts.scalars + block.scalarCount, counts.bytes + block.utf8Count)
    }
    #expect(counts.blocks > 10)
    #expect(counts.scalars == text.unicodeScalars.count)
    #expect(counts.bytes == text.utf8.count)
  }

  @Test func anUnknownLocaleIsSaidToBeOne() throws {
    let error = #expect(throws: TextError.self) {
      try Segmenter(SegmentationOptions(level: .word, locale: "klingonese"))
    }
    #expect(error?.description == "'klingonese' is no locale that ICU knows. Use a language such as ja, en or th.")
    for locale in ["ja", "en_US", "th", "de-CH", ""] {
      _ = try Segmenter(SegmentationOptions(level: .word, locale: locale))
    }
  }

  @Test(arguments: [("train", 2_088_628), ("valid", 217_646), ("test", 245_569)])
  func wikiTextCountsWhatTheLiteratureCounts(part: String, expected: Int) throws {
    guard let path = Corpora.path("en/wikitext2.\(part).txt") else { return }
    let options = SegmentationOptions(level: .whitespace)
    var reader = try TextBlockReader(.file(path), text: TextOptions(), segmentation: options)
    let segmenter = try Segmenter(options)
    var count = 0
    var types: Set<[UInt8]> = []
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { bytes, _ in
        count += 1
        types.insert(Array(bytes))
      }
    }
    #expect(count == expected)
    if part == "train" { #expect(types.count == 33_278) }
  }
}
