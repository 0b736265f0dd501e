import Testing

@testable import TsuzuriText

/// Texts without an end in sight: a line, a word, a cluster of any length is read in bounded memory.
@Suite struct LongRunTests {
  private static let units: [String] = [
    "あ", "猫", "外国人参政権", "a", "a ", "、", " ", "\u{301}", "👩\u{200D}", "🇯", "ไทย", "カ_", "1.", "क\u{94D}", "\u{1100}",
  ]

  @Test(arguments: [TokenLevel.character, .word, .whitespace], units)
  func blocksAndSegmentsStaySmall(level: TokenLevel, unit: String) throws {
    let text = "x" + String(repeating: unit, count: 600_000 / unit.utf8.count)
    let options = SegmentationOptions(level: level)
    let reading = TextOptions(encoding: "UTF-8", normalization: .none)
    var found: [[Int]] = []
    for sizes in [BufferSizes(), BufferSizes(readBytes: 1000, blockUnits: 2500)] {
      var reader = try TextBlockReader(
        .bytes(Array(text.utf8), name: "t"), text: reading, segmentation: options, sizes: sizes)
      let segmenter = try Segmenter(options)
      var lengths: [Int] = []
      while let block = try reader.next() {
        #expect(block.units.count <= max(sizes.blockUnits, 2 * sizes.runScalars))
        try segmenter.forEachSegment(in: block) { bytes, _ in
          lengths.append(String(decoding: bytes, as: UTF8.self).unicodeScalars.count)
        }
      }
      #expect(lengths.max() ?? 0 <= 4096)
      found.append(lengths)
    }
    #expect(found[0] == found[1])
  }

  @Test func aClusterIsCutAtFixedDistancesFromItsOwnBeginning() throws {
    let text = "猫" + "e" + String(repeating: "\u{301}", count: 10_000) + "b"
    let found = try segments(
      of: .text(text), SegmentationOptions(level: .character), text: TextOptions(normalization: .none))
    #expect(found.map { $0.unicodeScalars.count } == [1, 4096, 4096, 1809, 1])
  }

  @Test func aDictionaryRunIsCutAtFixedDistancesFromItsOwnBeginning() throws {
    let run = String(repeating: "外国人参政権", count: 1000)
    let found = try segments(of: .text("abc、" + run + "。"), SegmentationOptions(level: .word))
    // 4,096 is no multiple of 6: ICU sees 外国人参 at the end of the first part and 政権 at the beginning of the next.
    var ends = [0]
    for segment in found { ends.append(ends[ends.count - 1] + segment.unicodeScalars.count) }
    #expect(ends.contains(4 + 4096))
    #expect(found.joined() == "abc、" + run + "。")
    let parts = [String(run.prefix(4096)), String(run.dropFirst(4096))]
    let alone = try parts.flatMap { try segments(of: .text($0), SegmentationOptions(level: .word)) }
    #expect(found == ["abc", "、"] + alone + ["。"])
  }

  @Test func wordsWithoutADictionaryAreNotCutWhereICUDoesNotCut() throws {
    // One stretch by the coarse classes, but words of their own by ICU's rules.
    let text = String(repeating: "a..b:c\"", count: 3000)
    let iterator = try BreakIterator(SegmentationOptions(level: .word))
    var expected: [Int] = []
    try Array(text.utf16).withUnsafeBufferPointer { units in
      try iterator.begin(units)
      while let boundary = iterator.next() { expected.append(boundary) }
    }
    var found: [Int] = []
    for segment in try segments(of: .text(text), SegmentationOptions(level: .word)) {
      found.append((found.last ?? 0) + segment.utf16.count)
    }
    #expect(found == expected)
  }
}
