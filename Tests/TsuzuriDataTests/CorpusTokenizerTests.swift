import Foundation
import Testing
import TsuzuriText

@testable import TsuzuriData

@Suite struct CorpusTokenizerTests {
  private func configuration(_ level: TokenLevel) -> TokenizerConfiguration {
    TokenizerConfiguration(segmentation: SegmentationOptions(level: level))
  }

  private func tokenize(
    _ texts: [String], _ level: TokenLevel, _ options: VocabularyOptions = VocabularyOptions(),
    validation: ValidationSource = .none, threads: Int = 2, chapterLength: Int? = nil
  ) throws -> TokenizedCorpus {
    var tokenizer = try CorpusTokenizer(
      configuration: configuration(level), vocabulary: .built(options), threads: threads)
    if let chapterLength { tokenizer.chapterLength = chapterLength }
    return try tokenizer.tokenize(texts.map { .text($0) }, validation: validation)
  }

  private func escaped(_ corpus: TokenizedCorpus) throws -> [String] {
    try corpus.tokens.tokens(in: 0..<corpus.tokens.count).map { corpus.vocabulary.escapedToken($0) }
  }

  @Test func textsAreDividedByEndOfText() throws {
    let corpus = try tokenize(["ab", "", "ba\n"], .character)
    #expect(try escaped(corpus) == ["<eos>", "a", "b", "<eos>", "b", "a", "\\n"])
    #expect(corpus.trainingRange == 0..<7)
    #expect(corpus.tokens.counts.tokens == 6)
    #expect(corpus.tokens.counts.segments == 5)
    #expect(corpus.tokens.counts.utf8 == 5)
    #expect(corpus.validation == nil)
    #expect(try escaped(try tokenize(["a", "b"], .byte)) == ["<eos>", "<0x61>", "<eos>", "<0x62>"])
  }

  /// Streams have no names, and `<eos>` stands where one ends: the same text divided elsewhere is another corpus.
  @Test(arguments: [TokenLevel.character, .whitespace, .byte])
  func streamsAreKnownByTheirContentAndByWhereTheyEnd(level: TokenLevel) throws {
    func fingerprint(_ texts: [String]) throws -> Fingerprint {
      let queue = CorpusBlockQueue(
        sources: texts.map { .text($0) }, configuration: configuration(level), chapterLength: 1 << 20, totalBytes: nil,
        streams: Set(texts.indices), onEvent: { _ in })
      while try queue.next() != nil {}
      return queue.streamedFingerprint
    }
    let divisions = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"], ["abc"], ["ab\n", "c"], ["ab", "\nc"]]
    #expect(try Set(divisions.map(fingerprint)).count == divisions.count)
    #expect(try fingerprint(["ab", "c"]) == fingerprint(["ab", "c"]))
  }

  @Test func linesOfTheWhitespaceLevelEndInEndOfText() throws {
    let corpus = try tokenize([" a b a \n\n", "c a <unk>\n"], .whitespace)
    #expect(try escaped(corpus) == ["<eos>", "a", "b", "a", "<eos>", "<eos>", "c", "a", "<unk>", "<eos>"])
    #expect(corpus.vocabulary.count == 5)
    #expect(corpus.tokens.counts.unknown == 0)
  }

  /// 20 segments, f = 0.25: the vocabulary sees the first 15, the last 5 tokens are held back.
  @Test func theVocabularyIsOfTheTrainingPartAlone() throws {
    let corpus = try tokenize(["aaaaabbbbbcccccあd" + "ccc"], .character, validation: .fraction(0.25))
    #expect(corpus.vocabulary.count == 257 + 3)
    #expect(corpus.vocabulary.id(of: "d") == nil)
    // The あ of the validation part takes three tokens: of 22 tokens the last 5 are held back.
    #expect(corpus.tokens.count == 23)
    let validation = try #require(corpus.validation)
    #expect(corpus.trainingRange == 0..<18)
    #expect(validation.range == 18..<23)
    #expect(try escaped(corpus)[validation.range] == ["<0x82>", "<0x64>", "c", "c", "c"])
  }

  @Test func theShareIsRoundedDown() {
    #expect(ValidationSource.share(0.1, of: 1_115_394) == 111_539)
    #expect(ValidationSource.share(0.29, of: 100) == 29)
    #expect(ValidationSource.share(0.05, of: 19) == 0)
    #expect(ValidationSource.share(0, of: 100) == 0)
  }

  @Test func validationTextsAreEncodedWithTheTrainingVocabulary() throws {
    let corpus = try tokenize(["aab"], .character, validation: .texts([.text("ba"), .text("c")]))
    let validation = try #require(corpus.validation)
    #expect(corpus.trainingRange == 0..<4)
    #expect(try validation.tokens.tokens(in: validation.range) == [258, 257, 0, 0x64])
    #expect(validation.utf8Count == 3)
    #expect(validation.tokens.counts.unknown == 1)
  }

  @Test func theResultDependsOnNeitherThreadsNorScheduling() throws {
    var generator = SystemRandomNumberGenerator()
    let words = ["吾輩", "は", "猫", "で", "ある", "。", " cat", " dog", "か\u{309A}", "\n", "\u{3000}"]
    var texts: [String] = []
    for _ in 0..<40 {
      texts.append((0..<300).map { _ in words.randomElement(using: &generator) ?? "" }.joined())
    }
    let options = VocabularyOptions(size: 263)
    let one = try tokenize(texts, .word, options, validation: .fraction(0.1), threads: 1)
    for (threads, chapterLength) in [(2, nil), (5, 1000), (3, 1), (1, 5000)] as [(Int, Int?)] {
      let other = try tokenize(
        texts, .word, options, validation: .fraction(0.1), threads: threads, chapterLength: chapterLength)
      #expect(other.vocabulary == one.vocabulary)
      #expect(other.fingerprint == one.fingerprint)
      #expect(other.tokens.counts == one.tokens.counts)
      #expect(try other.tokens.tokens(in: 0..<other.tokens.count) == one.tokens.tokens(in: 0..<one.tokens.count))
    }
    // What the file holds is what encoding the texts one by one gives.
    var encoded: [Int32] = []
    for text in texts { encoded += [0] + (try one.tokenizer.encode(text)) }
    #expect(try one.tokens.tokens(in: 0..<one.tokens.count) == encoded)
    let bytes = try one.tokenizer.decodeBytes(encoded)
    #expect(one.tokens.counts.utf8 == bytes.count)
    // The validation part's bytes are those of its tokens.
    let validation = try #require(one.validation)
    let held = try one.tokenizer.decodeBytes(one.tokens.tokens(in: validation.range))
    #expect(validation.utf8Count == held.count)
    #expect(validation.scalarCount == held.count { $0 & 0xC0 != 0x80 })
  }

  /// In a chapter numbers of segments take two bytes, and four behind 65,535 types.
  @Test(arguments: [TokenLevel.whitespace, .word], [1, 3])
  func aChapterOfMoreTypesThanTwoBytesCount(level: TokenLevel, threads: Int) throws {
    // Words of letters alone, which neither level cuts; each stands twice, the second time in another order.
    let digits = Array("bcdfghklmn")
    let words = (0..<70_000).map { number in String(String(number).map { digits[$0.wholeNumberValue ?? 0] }) }
    let text = (words + words.reversed()).enumerated().map { $1 + ($0 % 9 == 8 ? "\n" : " ") }.joined() + "\n"
    let corpus = try tokenize([text], level, VocabularyOptions(), threads: threads)
    #expect(corpus.vocabulary.count > 70_000)
    let ids = try corpus.tokens.tokens(in: 0..<corpus.tokens.count)
    #expect(try ids == [0] + corpus.tokenizer.encode(text))
    #expect(Set(ids).count > 70_000)
  }

  @Test func validationBytesOfWordsCountTheirBlanks() throws {
    let corpus = try tokenize(["aa bb cc\ndd ee ff\n"], .whitespace, validation: .fraction(0.5))
    #expect(corpus.validation?.range.count == 4)
    #expect(corpus.validation?.utf8Count == 9)
  }

  @Test func aVocabularyIsBuiltWithoutTokens() throws {
    let tokenizer = try CorpusTokenizer(
      configuration: configuration(.word), vocabulary: .built(VocabularyOptions(size: 300)), threads: 2)
    let text = "吾輩は猫である。名前はまだ無い。"
    #expect(try tokenizer.buildVocabulary(from: [.text(text)]) == tokenizer.tokenize([.text(text)]).vocabulary)
  }

  @Test func theWholeLengthIsToldAtTheEnd() throws {
    let events = EventLog()
    let tokenizer = try CorpusTokenizer(
      configuration: configuration(.character), vocabulary: .given(.bytes), threads: 2, onEvent: events.append)
    _ = try tokenizer.tokenize([.text("ab"), .text("cde")])
    #expect(events.all.prefix(2) == [.reading(bytes: 2, total: 5), .reading(bytes: 5, total: 5)])
    #expect(events.all.count == 3)
  }
}
