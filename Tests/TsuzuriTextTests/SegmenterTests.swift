import Testing
import TsuzuriText

@Suite struct SegmenterTests {
  private func segments(_ text: String, _ level: TokenLevel) throws -> [String] {
    let options = SegmentationOptions(level: level)
    var reader = try TextBlockReader(.text(text), text: TextOptions(), segmentation: options)
    let segmenter = try Segmenter(options)
    var found: [String] = []
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { bytes, kind in
        found.append(kind == .lineEnd ? "<eos>" : String(decoding: bytes, as: UTF8.self))
      }
    }
    return found
  }

  @Test func aSpaceBelongsToTheWordAfterIt() throws {
    #expect(try segments("a cat  sat , it", .word) == ["a", " cat", "  ", "sat", " ", ",", " it"])
    #expect(try segments("吾輩は猫である。\r\n", .word) == ["吾輩", "は", "猫", "で", "ある", "。", "\r\n"])
  }

  @Test func aCharacterIsACluster() throws {
    #expect(try segments("か\u{3099}e\u{301}👩‍👩‍👧\r\n", .character) == ["が", "é", "👩‍👩‍👧", "\r\n"])
  }

  @Test func eachLineOfATokenisedTextEndsInATokenOfItsOwn() throws {
    #expect(try segments(" a  b\n\nc", .whitespace) == ["a", "b", "<eos>", "<eos>", "c", "<eos>"])
  }
}
