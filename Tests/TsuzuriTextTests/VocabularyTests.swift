import Testing
import TsuzuriText

@Suite struct VocabularyTests {
  private func vocabulary(_ kind: Vocabulary.Kind, _ texts: [String]) -> Vocabulary {
    Vocabulary(kind: kind, texts: texts.map { Array($0.utf8) })
  }

  @Test func aSpellingVocabularyBeginsWithEndOfTextAndBytes() {
    let vocabulary = vocabulary(.spelling, ["猫", "の"])
    #expect(vocabulary.count == 259)
    #expect(vocabulary.escapedToken(0) == "<eos>")
    #expect(vocabulary.escapedToken(1) == "<0x00>")
    #expect(vocabulary.escapedToken(256) == "<0xFF>")
    #expect(vocabulary.id(of: "猫") == 257)
    #expect(vocabulary.id(of: "犬") == nil)
    #expect(vocabulary.bytes(of: 0) == [])
    #expect(vocabulary.bytes(of: 0x41 + 1) == [0x41])
    #expect(vocabulary.bytes(of: 258) == Array("の".utf8))
    #expect(Vocabulary.bytes.count == 257)
  }

  @Test func aClosedVocabularyBeginsWithEndOfTextAndUnknown() {
    let vocabulary = vocabulary(.closed, ["the", "of"])
    #expect(vocabulary.count == 4)
    #expect(vocabulary.id(of: "<eos>") == 0)
    #expect(vocabulary.id(of: "<unk>") == 1)
    #expect(vocabulary.id(of: "of") == 3)
    #expect(vocabulary.bytes(of: 1) == Array("<unk>".utf8))
  }

  @Test func everyTokenThatEndsALineIsKnown() {
    #expect(vocabulary(.closed, ["the", "\u{85}"]).lineEnds == [0])
    #expect(vocabulary(.spelling, ["a", "\r\n", "b", "\n", "\r"]).lineEnds == [11, 258, 260])
    #expect(Vocabulary.bytes.lineEnds == [11])
  }

  @Test func textThatReadsLikeASpecialTokenIsOrdinaryText() {
    let texts = ["<eos>", "<unk>", "<0x41>", "<0x4a>", "<", "\\"]
    let vocabulary = vocabulary(.spelling, texts)
    for (index, text) in texts.enumerated() { #expect(vocabulary.id(of: text) == Int32(257 + index)) }
    #expect(
      (257..<263).map { vocabulary.escapedToken($0) } == ["\\<eos>", "\\<unk>", "\\<0x41>", "<0x4a>", "<", "\\\\"])
    for id in 0..<Int32(vocabulary.count) {
      #expect(vocabulary.id(escapedToken: vocabulary.escapedToken(id)) == id)
    }
  }

  @Test(arguments: [
    ("cat", "cat"), (" cat", " cat"), (" ", "\\u{20}"), ("  ", " \\u{20}"), ("a\n", "a\\n"), ("\r\n", "\\r\\n"),
    ("\t", "\\t"), ("\u{3000}", "\\u{3000}"), ("\u{FEFF}", "\\u{FEFF}"), ("\u{3099}", "\\u{3099}"),
    ("か\u{3099}", "か\u{3099}"), ("\u{200D}", "\\u{200D}"), ("👩‍👧", "👩\\u{200D}👧"),
    ("1\u{FE0F}\u{20E3}", "1\\u{FE0F}\u{20E3}"),
    ("\u{10FFFF}", "\\u{10FFFF}"), ("\u{E000}", "\\u{E000}"), ("\0", "\\u{0}"), ("\u{7F}", "\\u{7F}"),
    ("\\n", "\\\\n"), ("\u{115F}", "\\u{115F}"), ("猫", "猫"),
  ])
  func aTokenIsWrittenSoThatAReaderSeesIt(text: String, written: String) {
    let vocabulary = vocabulary(.spelling, [text])
    #expect(vocabulary.escapedToken(257).unicodeScalars.elementsEqual(written.unicodeScalars))
    #expect(vocabulary.id(escapedToken: written) == 257)
  }

  @Test func tokensCorrespondByTheirText() {
    let old = vocabulary(.spelling, ["が", "か\u{3099}", "猫"])
    let new = vocabulary(.spelling, ["猫", "犬", "が"])
    let pairs = new.correspondence(to: old)
    #expect(pairs[..<257].elementsEqual((0..<257).map(Int32.init)))
    #expect(pairs[257...] == [259, nil, 257])
    let closed = vocabulary(.closed, ["が"])
    #expect(closed.correspondence(to: old) == [0, nil, 257])
    #expect(closed.correspondence(to: closed) == [0, 1, 2])
    #expect(old.correspondence(to: closed)[...2] == [0, nil, nil])
  }

  @Test func vocabulariesAreEqualWhenTheirBytesAre() {
    #expect(vocabulary(.spelling, ["が"]) == vocabulary(.spelling, ["が"]))
    #expect(vocabulary(.spelling, ["が"]) != vocabulary(.spelling, ["か\u{3099}"]))
    #expect(vocabulary(.spelling, ["a"]) != vocabulary(.spelling, ["a", "b"]))
    #expect(vocabulary(.spelling, []) != vocabulary(.closed, (0..<255).map { "w\($0)" }))
  }
}
