import Testing
import TsuzuriText

@Suite struct VocabularyBuilderTests {
  private func counts(_ pairs: KeyValuePairs<String, Int>) -> SegmentCounts {
    var counts = SegmentCounts()
    for (text, count) in pairs { Array(text.utf8).withUnsafeBufferPointer { counts.add($0, count: count) } }
    return counts
  }

  private func texts(
    _ level: TokenLevel, _ pairs: KeyValuePairs<String, Int>, size: Int? = nil, minimumCount: Int = 1
  ) throws -> [String] {
    let vocabulary = try Vocabulary(
      level: level, counts: counts(pairs), options: VocabularyOptions(size: size, minimumCount: minimumCount))
    return (Int32(vocabulary.kind == .closed ? 2 : 257)..<Int32(vocabulary.count)).map { vocabulary.escapedToken($0) }
  }

  @Test func frequencyDecidesAndThenTheBytes() throws {
    #expect(try texts(.character, ["い": 2, "z": 1, "あ": 2, "か": 3]) == ["か", "あ", "い", "z"])
    // Beyond the first eight bytes, too; a beginning stands before the longer text.
    #expect(
      try texts(.whitespace, ["abcdefghib": 1, "abcdefghia": 1, "abcdefgh": 1, "\u{0}": 1])
        == ["\\u{0}", "abcdefgh", "abcdefghia", "abcdefghib"])
  }

  @Test func sizeCountsEveryID() throws {
    #expect(try texts(.character, ["a": 3, "b": 2, "c": 1], size: 259) == ["a", "b"])
    #expect(try texts(.character, ["a": 3], size: 257) == [])
    #expect(try texts(.whitespace, ["a": 3, "b": 2, "c": 1], size: 4) == ["a", "b"])
    #expect(try texts(.character, ["a": 3, "b": 2, "c": 1], minimumCount: 2) == ["a", "b"])
    #expect(try texts(.byte, [:]) == [])
  }

  @Test func specialWordsOfTheClosedVocabularyStandOnce() throws {
    #expect(try texts(.whitespace, ["<unk>": 3, "a": 9, "<eos>": 1, "b": 2]) == ["a", "b"])
  }

  @Test func charactersThatSpellTheWordsComeFirst() throws {
    // a: 3 + 2 + 1, b: 3, c: 2 + 5, space: 2
    let pairs: KeyValuePairs = ["ab": 3, " ac": 2, "a": 1, "c": 5]
    #expect(try texts(.word, pairs) == ["c", "a", "b", "\\u{20}", "ab", " ac"])
    // Of four places the characters take one, and the words of one character count as characters.
    #expect(try texts(.word, pairs, size: 257 + 4) == ["c", "a", "ab", " ac"])
    #expect(try texts(.word, ["ab": 3, "cd": 2, "ef": 1, "gh": 1, "ij": 1], size: 257 + 4) == ["a", "ab", "cd", "ef"])
  }

  @Test func clustersStayWhole() throws {
    #expect(try texts(.word, ["か\u{3099}く": 2]) == ["か\u{3099}", "く", "か\u{3099}く"])
  }

  @Test func immenseSegmentsAreNoTokens() throws {
    #expect(try texts(.character, [String(repeating: "\u{301}", count: 200): 5, "a": 1]) == ["a"])
  }

  @Test func theRarestAreForgottenFirst() {
    let counts = counts(["a": 1, "b": 3, "c": 2, "d": 4])
    let kept = counts.removing(upTo: 2)
    #expect(kept.counts == [3, 4])
    #expect(kept.ranked(minimumCount: 1).map { String(decoding: kept.table[$0], as: UTF8.self) } == ["d", "b"])
  }

  @Test func sizesThatCannotBeAreRefused() {
    func message(_ level: TokenLevel, _ size: Int) -> String? {
      do {
        try VocabularyOptions(size: size).validate(for: level)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message(.word, 256)
        == "a vocabulary of 256 tokens is too small: the level 'word' needs at least 257 "
        + "(<eos> and the 256 bytes that spell any text). Give a larger size.")
    #expect(
      message(.whitespace, 1)
        == "a vocabulary of 1 tokens is too small: the level 'whitespace' needs at least 2 "
        + "(<eos> and <unk>). Give a larger size.")
    #expect(
      message(.byte, 300)
        == "a vocabulary of 300 tokens does not fit the level 'byte', which always has 257 "
        + "(<eos> and the 256 bytes). Leave the size out.")
    #expect(message(.byte, 257) == nil)
    #expect(message(.character, 257) == nil)
    #expect(message(.whitespace, 2) == nil)
  }
}
