import Testing

@testable import TsuzuriText

@Suite struct NormalizationTests {
  @Test func aVoicedKanaIsOneCharacterInNFCWhereverTheBufferEnds() throws {
    let decomposed = String(repeating: "か\u{3099}は\u{309A}ｶﾞ", count: 50)
    for read in 1...9 {
      let sizes = BufferSizes(readBytes: read, blockUnits: 3)
      func text(_ form: Normalization) throws -> String {
        try normalizedText(of: .text(decomposed), TextOptions(normalization: form), sizes: sizes)
      }
      #expect(areIdentical(try text(.nfc), String(repeating: "がぱｶﾞ", count: 50)))
      #expect(areIdentical(try text(.nfkc), String(repeating: "がぱガ", count: 50)))
      #expect(areIdentical(try text(.none), decomposed))
    }
  }

  @Test(arguments: [Normalization.nfc, .nfkc])
  func normalizationDoesNotDependOnBuffers(form: Normalization) throws {
    for seed in 0..<150 {
      var generator = SplitMix(seed: UInt64(seed))
      var text = ""
      for _ in 0..<60 {
        // Marks of several combining classes, jamo, composites: what is put in order and together.
        let parts = [
          "a", "e", "\u{301}", "\u{323}", "\u{31B}", "\u{345}", "\u{5B0}", "\u{3099}", "か", "\u{1100}", "\u{1161}",
          "\u{11A8}", "각", "ấ", "\u{1D165}", "\u{11099}", "\u{110BA}", "ﬁ", "㌀", "\u{FDFA}", "\u{F900}",
        ]
        text.unicodeScalars.append(contentsOf: parts.randomElement(using: &generator)!.unicodeScalars)
      }
      for runScalars in [4, 4096] {
        func normalized(_ read: Int) throws -> String {
          try normalizedText(
            of: .bytes(Array(text.utf8), name: "t"), TextOptions(encoding: "UTF-8", normalization: form),
            sizes: BufferSizes(readBytes: read, blockUnits: 50, runScalars: runScalars))
        }
        let whole = try normalized(1 << 18)
        for read in [1, 3, 10] {
          #expect(areIdentical(try normalized(read), whole), "seed \(seed), run \(runScalars), read \(read)")
        }
      }
    }
  }

  @Test func aRunOfMarksWithoutEndIsCutFromItsOwnBeginning() throws {
    // 4,095 marks fit behind the letter; U+0323 is put before U+0301 in each part, not across the cut.
    let text = "xa" + String(repeating: "\u{301}", count: 5000) + "\u{323}" + "b"
    let found = try normalizedText(of: .text(text))
    #expect(found.unicodeScalars.count == text.unicodeScalars.count - 1)
    #expect(found.unicodeScalars.dropFirst().first == "á")
    #expect(Array(found.unicodeScalars)[4096] == "\u{323}")
    #expect(areIdentical(try normalizedText(of: .text(text), sizes: BufferSizes(readBytes: 5, blockUnits: 7)), found))
  }
}
