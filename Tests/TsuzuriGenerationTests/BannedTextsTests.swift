import Foundation
import Testing
import TsuzuriKernels
import TsuzuriText

@testable import TsuzuriGeneration

/// What must not appear does not, in whatever tokens; and nothing else is held off.
@Suite struct BannedTextsTests {
  /// The tokens that are forbidden after `ids`.
  private func forbidden(_ texts: [String], after ids: [Int32], _ tokenizer: Tokenizer) -> Set<Int32> {
    let banned = BannedTexts(texts, tokenizer.vocabulary)
    var set = TokenSet(vocabularySize: tokenizer.vocabulary.count)
    banned.forbid(at: banned.start(after: ids, previous: ids.last), in: &set)
    return Set((0..<Int32(tokenizer.vocabulary.count)).filter(set.contains))
  }

  @Test func aTokenThatWouldCompleteABannedTextIsForbidden() throws {
    let tokenizer = try TestText.tokenizer(.word, [" cat", "cat", " cats", " ca", "t", "ts", "at", "猫"])
    func names(_ texts: [String], _ before: [Int32]) -> [String] {
      forbidden(texts, after: before, tokenizer).sorted().map { tokenizer.vocabulary.escapedToken($0) }
    }
    // Whole within a token.
    #expect(names(["cat"], []) == [" cat", "cat", " cats"])
    #expect(names([" cats"], []) == [" cats"])
    // Begun by the token before, and by bytes.
    let ca = try #require(tokenizer.vocabulary.id(of: " ca"))
    #expect(names([" cat"], [ca]) == ["<0x74>", " cat", " cats", "t", "ts"])
    #expect(names(["cat", "ca猫"], [ca]) == ["<0x74>", " cat", "cat", " cats", "t", "ts", "猫"])
    #expect(names(["猫"], TestText.bytes("猫").dropLast()) == ["<0xAB>", "猫"])
    #expect(names(["猫"], []) == ["猫"])
  }

  @Test func wordsWithBlanksBetweenThem() throws {
    let tokenizer = try TestText.tokenizer(.whitespace, ["the", "cat", "then"])
    let (end, unknown, the, cat, then): (Int32, Int32, Int32, Int32, Int32) = (0, 1, 2, 3, 4)
    #expect(forbidden(["<unk>"], after: [], tokenizer) == [unknown])
    #expect(forbidden(["the cat"], after: [the], tokenizer) == [cat])
    #expect(forbidden(["the cat"], after: [then], tokenizer) == [])
    #expect(forbidden(["the"], after: [cat], tokenizer) == [the, then])
    // A blank stands before a word, but not at a line's beginning.
    #expect(forbidden([" the"], after: [cat], tokenizer) == [the, then])
    #expect(forbidden([" the"], after: [end], tokenizer) == [])
    #expect(forbidden(["the "], after: [the], tokenizer) == [unknown, the, cat, then])
    #expect(forbidden(["cat\n"], after: [cat], tokenizer) == [end])
  }

  /// Against every token tried out.
  @Test(arguments: 0..<60)
  func everyTokenIsJudgedAsByTrying(seed: Int) throws {
    var generator = CounterBasedGenerator(seed: UInt64(seed), stream: 5)
    func random(_ most: Int) -> String {
      String((0..<Int.random(in: 1...most, using: &generator)).map { _ in "ab猫".randomElement(using: &generator)! })
    }
    let level: TokenLevel = seed % 2 == 0 ? .word : .whitespace
    let tokenizer = try TestText.tokenizer(level, Set((0..<12).map { _ in random(4) }).sorted())
    let texts = (0..<3).map { _ in
      level == .whitespace && Bool.random(using: &generator) ? random(2) + " " + random(2) : random(5)
    }
    let first = level == .whitespace ? Int32(0) : Vocabulary.firstText
    var ids: [Int32] = []
    for _ in 0..<25 {
      let expected = try Set(
        (0..<Int32(tokenizer.vocabulary.count)).filter { id in
          let before = try tokenizer.decodeBytes(ids)
          let after = try tokenizer.decodeBytes(ids + [id])
          return texts.contains { Self.count($0, in: after) > Self.count($0, in: before) }
        })
      #expect(forbidden(texts, after: ids, tokenizer) == expected, "\(texts) after \(ids)")
      ids.append(.random(in: first..<Int32(tokenizer.vocabulary.count), using: &generator))
    }
  }

  private static func count(_ text: String, in bytes: [UInt8]) -> Int {
    let text = Array(text.utf8)
    return bytes.indices.filter { bytes[$0...].starts(with: text) }.count
  }

  @Test func noSampleHoldsABannedText() throws {
    let letters = (0..<4).map { String(UnicodeScalar(UInt8(97 + $0))) } + ["ab", "abc"]
    let tokenizer = try TestText.tokenizer(.word, letters)
    let size = tokenizer.vocabulary.count
    let row = [Float](repeating: -9, count: 257) + [1, 1, 1, 1, 3, 3]
    func texts(_ bans: [String]) throws -> [GeneratedSample] {
      let options = GenerationOptions(
        rules: try SamplingRules(temperature: 1), maxTokens: 60, bannedTexts: bans, sampleCount: 40, seed: 2)
      return try TextGenerator(vocabularySize: size, tokenizer: tokenizer, prompt: "a", options: options) {
        MarkovModel(rows: [[Float]](repeating: row, count: size), sequences: 40)
      }.run()
    }
    #expect(try texts([]).filter { ("a" + $0.text).contains("bca") || $0.text.contains("dd") }.count == 40)
    for sample in try texts(["bca", "dd"]) {
      #expect(!("a" + sample.text).contains("bca") && !("a" + sample.text).contains("dd"))
      #expect(sample.tokens == 60)
      #expect(sample.finishReason == .length)
    }
    // Where a ban leaves nothing, the sample ends.
    let all = try TextGenerator(
      vocabularySize: size, tokenizer: tokenizer,
      options: GenerationOptions(
        rules: SamplingRules(logitBias: (0..<Int32(257)).map { LogitBias(token: $0, value: -.infinity) }),
        maxTokens: 9, bannedTexts: ["a", "b", "c", "dd"])
    ) { MarkovModel(rows: [[Float]](repeating: row, count: size), sequences: 1) }.run()[0]
    #expect(all.text == "d" && all.tokens == 1 && all.finishReason == .exhausted)
  }

  @Test func bansAreNormalizedAsTheTextIs() throws {
    let tokenizer = try TestText.tokenizer(.character, ["猫", "が", "は"])
    let generator = try TextGenerator(
      vocabularySize: 260, tokenizer: tokenizer, prompt: "猫",
      options: GenerationOptions(rules: .greedy, maxTokens: 1, bannedTexts: ["猫か\u{3099}"])
    ) {
      MarkovModel(
        rows: [[Float]](repeating: [Float](repeating: 0, count: 257) + [1, 3, 2], count: 260), sequences: 1)
    }
    #expect(try generator.run()[0].text == "は")
  }
}
