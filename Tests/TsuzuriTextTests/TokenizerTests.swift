import Testing
import TsuzuriText

@Suite struct TokenizerTests {
  private func tokenizer(_ level: TokenLevel, _ texts: [String]) throws -> Tokenizer {
    let kind: Vocabulary.Kind = level == .whitespace ? .closed : .spelling
    return try Tokenizer(
      vocabulary: Vocabulary(kind: kind, texts: texts.map { Array($0.utf8) }),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
  }

  private func tokens(_ text: String, _ tokenizer: Tokenizer) throws -> [String] {
    try tokenizer.encode(text).map { tokenizer.vocabulary.escapedToken($0) }
  }

  @Test func aWordIsSpelledWithClustersThenScalarsThenBytes() throws {
    let tokenizer = try tokenizer(.word, ["吾輩", "は", "猫", " ", "c", "a", "t", " cat", "か", "👩"])
    #expect(try tokens("吾輩は猫猫 cat at", tokenizer) == ["吾輩", "は", "猫", "猫", " cat", "\\u{20}", "a", "t"])
    // か゚ has no composed form: its か has a token, U+309A is spelled with bytes.
    #expect(try tokens("か\u{309A}", tokenizer) == ["か", "<0xE3>", "<0x82>", "<0x9A>"])
    #expect(try tokens("👩\u{200D}", tokenizer) == ["👩", "<0xE2>", "<0x80>", "<0x8D>"])
  }

  @Test func textThatReadsLikeASpecialTokenIsSpelled() throws {
    let tokenizer = try tokenizer(.character, ["<", ">", "e", "o", "s"])
    #expect(try tokens("<eos>", tokenizer) == ["<", "e", "o", "s", ">"])
    #expect(try tokens("<eos>", try self.tokenizer(.word, ["<eos>", "<"])).first == "<")
  }

  @Test func aPromptIsNormalised() throws {
    let tokenizer = try tokenizer(.character, ["が"])
    #expect(try tokenizer.encode("か\u{3099}") == [257])
  }

  @Test func whitespaceLevelKeepsLinesAndKnowsTheUnknown() throws {
    let tokenizer = try tokenizer(.whitespace, ["the", "cat"])
    #expect(try tokenizer.encode(" the  dog \n cat <unk> <eos>\n\n") == [2, 1, 0, 3, 1, 0, 0, 0])
    // The line of a prompt goes on.
    #expect(try tokenizer.encode("the cat") == [2, 3])
    #expect(try tokenizer.encode("the cat\n") == [2, 3, 0])
    #expect(try tokenizer.encode("the cat\r") == [2, 3, 0])
    #expect(try tokenizer.encode("") == [])
    #expect(try tokenizer.decode([2, 1, 0, 3, 1, 0]) == "the <unk>\ncat <unk>\n")
  }

  @Test func byteLevelHasAnIDForEachByte() throws {
    let tokenizer = try tokenizer(.byte, [])
    #expect(try tokenizer.encode("aあ") == [0x62, 0xE4, 0x82, 0x83])
    #expect(try tokenizer.decodeBytes([0x100, 1]) == [0xFF, 0x00])
  }

  @Test func idsThatAreNoneAreRefused() throws {
    let tokenizer = try tokenizer(.character, ["a"])
    for id in [Int32(-1), 258] {
      #expect {
        try tokenizer.decode([257, id])
      } throws: {
        "\($0)" == "the id \(id) is not in the vocabulary, whose ids are 0 to 257. "
          + "Give ids that were made with the same vocabulary."
      }
    }
  }

  @Test func aVocabularyOfAnotherKindIsRefused() {
    func message(_ level: TokenLevel, _ vocabulary: Vocabulary) -> String? {
      do {
        _ = try Tokenizer(
          vocabulary: vocabulary,
          configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
        return nil
      } catch {
        return "\(error)"
      }
    }
    let next = "Give the level that the vocabulary was made for, or build another with 'tsuzuri vocabulary build'."
    let closed = Vocabulary(kind: .closed, texts: [[0x61]])
    let spelling = Vocabulary(kind: .spelling, texts: [[0x61]])
    #expect(
      message(.word, closed)
        == "the level 'word' needs a vocabulary with byte tokens (<eos>, <0x00> to <0xFF>, text), "
        + "found a closed vocabulary (<eos>, <unk>, 1 words). \(next)")
    #expect(
      message(.whitespace, spelling)
        == "the level 'whitespace' needs a closed vocabulary (<eos>, <unk>, words), "
        + "found a vocabulary with byte tokens and 1 of text. \(next)")
    #expect(
      message(.byte, spelling)
        == "the level 'byte' needs the vocabulary of bytes alone (<eos> and <0x00> to <0xFF>, 257 ids), "
        + "found a vocabulary with byte tokens and 1 of text. \(next)")
    #expect(message(.character, Vocabulary.bytes) == nil)
  }

  @Test func anotherICUIsWorthAWarning() {
    let words = TokenizerConfiguration(segmentation: SegmentationOptions(level: .word), icuVersion: "70.1")
    #expect(
      words.icuVersionWarning(running: "72.1")
        == "the model was made with ICU 70.1, this is ICU 72.1: words may be cut elsewhere in some texts, "
        + "which then are written with less likely tokens.")
    #expect(words.icuVersionWarning(running: "70.1") == nil)
    let bytes = TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte), icuVersion: "70.1")
    #expect(bytes.icuVersionWarning(running: "72.1") == nil)
  }
}
