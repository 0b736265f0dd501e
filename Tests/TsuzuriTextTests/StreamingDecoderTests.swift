import Testing
import TsuzuriText
import _TestSupport

@Suite struct StreamingDecoderTests {
  private func tokenizer(_ level: TokenLevel, _ texts: [String]) throws -> Tokenizer {
    let vocabulary = Vocabulary(kind: level == .whitespace ? .closed : .spelling, texts: texts.map { Array($0.utf8) })
    return try Tokenizer(
      vocabulary: vocabulary, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
  }

  @Test func onlyUnfinishedUTF8IsHeldBack() throws {
    let tokenizer = try tokenizer(.character, ["猫"])
    var decoder = tokenizer.streamingDecoder()
    let ids = [257] + Array("あé😀".utf8).map { Int32($0) + 1 } + [0, 257]
    #expect(ids.map { decoder.append($0) } == ["猫", "", "", "あ", "", "é", "", "", "", "😀", "", "猫"])
    #expect(decoder.finish() == "")
  }

  @Test func whatCanNeverBecomeAScalarComesOutAtOnce() throws {
    var decoder = try tokenizer(.byte, []).streamingDecoder()
    let bytes: [UInt8] = [0x80, 0xC0, 0xE0, 0x80, 0xE3, 0x81, 0x41, 0xED, 0xA0, 0xF4, 0x90, 0xF0, 0x9F, 0x98]
    let pieces = bytes.map { decoder.append(Int32($0) + 1) }
    #expect(
      pieces == [
        "\u{FFFD}", "\u{FFFD}", "", "\u{FFFD}\u{FFFD}", "", "", "\u{FFFD}A", "", "\u{FFFD}\u{FFFD}", "",
        "\u{FFFD}\u{FFFD}", "", "", "",
      ])
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  /// 20,000 bytes of which many nearly are UTF-8: the pieces together are what decoding all at once gives.
  @Test func piecesJoinToTheWhole() throws {
    var generator = SplitMix64(seed: 11)
    let leads: [UInt8] = [0x41, 0x80, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xE3, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF]
    for _ in 0..<200 {
      let bytes = (0..<100).map { _ in leads.randomElement(using: &generator) ?? 0 }
      let tokenizer = try tokenizer(.byte, [])
      var decoder = tokenizer.streamingDecoder()
      var text = bytes.reduce("") { $0 + decoder.append(Int32($1) + 1) }
      text += decoder.finish()
      #expect(text.unicodeScalars.elementsEqual(String(decoding: bytes, as: UTF8.self).unicodeScalars))
    }
  }

  @Test func wordsOfTheWhitespaceLevelAreJoinedByBlanks() throws {
    let tokenizer = try tokenizer(.whitespace, ["a", "cat"])
    var decoder = tokenizer.streamingDecoder()
    #expect([2, 3, 0, 0, 2, 1].map { decoder.append($0) } == ["a", " cat", "\n", "\n", "a", " <unk>"])
    var continued = tokenizer.streamingDecoder(after: 2)
    #expect(continued.append(3) == " cat")
    var afterLine = tokenizer.streamingDecoder(after: 0)
    #expect(afterLine.append(3) == "cat")
  }
}
