import Foundation
import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriGeneration

struct MaskFillerTests {
  private func model(_ tokenizer: Tokenizer, seed: UInt64 = 3) throws -> LanguageModel {
    try LanguageModel(
      untrained: ModelConfiguration(
        vocabularySize: tokenizer.vocabulary.count, embeddingSize: 5, hiddenSize: 7, layers: 2, isBidirectional: true),
      seed: seed)
  }

  private func tokenizer(_ level: TokenLevel, _ texts: [String] = []) throws -> Tokenizer {
    try Tokenizer(
      vocabulary: Vocabulary(kind: level == .whitespace ? .closed : .spelling, texts: texts.map { Array($0.utf8) }),
      configuration: TokenizerConfiguration(
        text: TextOptions(normalization: level == .word || level == .character ? .nfc : .none),
        segmentation: SegmentationOptions(level: level)))
  }

  /// −log P of every token of a text from both sides, by the class that `evaluate` measures with.
  private func losses(_ ids: [Int32], _ model: LanguageModel) throws -> [Double] {
    let scorer = BidirectionalScorer(model: model, window: ids.count)
    var losses: [Double] = []
    try scorer.score(ids) { losses.append(Double($0.joint)) }
    return losses
  }

  @Test func onePlaceIsFilledWithTheTokensThatAreLikeliestThere() throws {
    let tokenizer = try tokenizer(.character, ["吾", "輩", "は", "猫", "犬", "で", "あ", "る", "。"])
    let model = try model(tokenizer)
    let fillings = try MaskFiller(model: model, tokenizer: tokenizer, prompt: "吾輩は[MASK]である。").fillings(top: 9)
    #expect(fillings.count == 9)
    var expected: [(text: String, logProbability: Double)] = []
    for id in 1..<Int32(tokenizer.vocabulary.count) {
      let ids = try tokenizer.encode("吾輩は") + [id] + tokenizer.encode("である。")
      // A byte that is no character by itself is passed over.
      guard let text = String(validating: try tokenizer.decodeBytes(ids), as: UTF8.self) else { continue }
      expected.append((text, -(try losses(ids, model))[3]))
    }
    expected.sort { $0.logProbability > $1.logProbability }
    for (found, expected) in zip(fillings, expected) {
      #expect(found.text == expected.text)
      #expect(abs(found.logProbability - expected.logProbability) < 1e-5)
    }
  }

  /// With a beam that holds every sequence, the search is a comparison of all of them.
  @Test(arguments: [
    ["the", "[MASK]", "sat", "[MASK]", "down"], ["[MASK]", "[MASK]", "down"], ["sat", "[MASK]", "[MASK]"],
  ])
  func severalPlacesAreJudgedByTheWholeText(words: [String]) throws {
    let tokenizer = try tokenizer(.whitespace, ["the", "cat", "dog", "sat", "lay", "down", "here"])
    let model = try model(tokenizer)
    let prompt = words.joined(separator: " ")
    let fillings = try MaskFiller(model: model, tokenizer: tokenizer, prompt: prompt).fillings(top: 49)
    #expect(fillings.count == 49)
    var expected: [(text: String, score: Double)] = []
    for a in 2..<Int32(9) {
      for b in 2..<Int32(9) {
        var fills = [a, b]
        let ids = try words.map { $0 == "[MASK]" ? fills.removeFirst() : try tokenizer.encode($0)[0] }
        let losses = try losses(ids, model)
        let score = -zip(words, losses).filter { $0.0 == "[MASK]" }.map(\.1).reduce(0, +)
        expected.append((try tokenizer.decode(ids), score))
      }
    }
    expected.sort { $0.score > $1.score }
    for (found, expected) in zip(fillings, expected) {
      #expect(found.text == expected.text)
      #expect(abs(found.logProbability - expected.score) < 1e-4)
    }
  }

  @Test func bytesAreOfferedOnlyWhereTheyMakeCharacters() throws {
    let bytes = try tokenizer(.byte)
    let model = try model(bytes)
    for (prompt, places) in [("あ[MASK]い", 1), ("あ[MASK][MASK]い", 2), ("[MASK][MASK][MASK]", 3), ("[MASK]x[MASK]", 2)] {
      let fillings = try MaskFiller(model: model, tokenizer: bytes, prompt: prompt).fillings(top: 100)
      #expect(!fillings.isEmpty)
      for filling in fillings {
        #expect(filling.tokens.count == places)
        #expect(!filling.text.unicodeScalars.contains("\u{FFFD}"))
      }
      #expect(Set(fillings.map(\.text)).count == fillings.count)
      // One byte is ASCII; two may be a character of two bytes.
      let isASCII = fillings.allSatisfy { $0.tokens.allSatisfy { $0 <= 128 } }
      #expect(isASCII == (prompt.contains("x") || places == 1), "\(prompt)")
    }
  }

  @Test func aWordTakesTheBlankBeforeItWithIt() throws {
    let tokenizer = try tokenizer(.word, ["The", " cat", " sat", "cat", " ", ".", "sat"])
    let model = try model(tokenizer)
    let fillings = try MaskFiller(model: model, tokenizer: tokenizer, prompt: "The [MASK] sat.").fillings(top: 20)
    #expect(Set(fillings.map(\.text)) == ["The cat sat.", "The sat sat."])
    let ids = try tokenizer.encode("The cat sat.")
    let cat = try #require(fillings.first { $0.text == "The cat sat." })
    #expect(abs(cat.logProbability + (try losses(ids, model))[1]) < 1e-5)
    // Of two blanks none belongs to the word.
    let two = try MaskFiller(model: model, tokenizer: tokenizer, prompt: "The  [MASK] sat.").fillings(top: 300)
    #expect(two.contains { $0.text == "The  cat sat." })
  }

  @Test func twoSpellingsOfOneTextAreOfferedOnce() throws {
    let tokenizer = try tokenizer(.character, ["a", "b"])
    let fillings = try MaskFiller(model: model(tokenizer), tokenizer: tokenizer, prompt: "a[MASK]").fillings(top: 300)
    #expect(fillings.count == 128, "the ASCII bytes, two of which have tokens of text, too")
    #expect(fillings == fillings.sorted { $0.logProbability > $1.logProbability })
  }

  @Test func bytesThatMayBecomeText() {
    #expect(PartialUTF8.missingBytes(after: Array("aé猫🐈".utf8)) == 0)
    for text in ["é", "猫", "🐈", "\u{800}", "\u{D7FF}", "\u{10000}", "\u{10FFFF}"] {
      let bytes = Array(text.utf8)
      for length in 1..<bytes.count {
        #expect(PartialUTF8.missingBytes(after: bytes[..<length]) == bytes.count - length, "\(text), \(length)")
      }
    }
    for bytes in [[0x80], [0xC0], [0xFF], [0xE3, 0x41], [0xED, 0xA0], [0xF4, 0x90]] as [[UInt8]] {
      #expect(PartialUTF8.missingBytes(after: bytes) == nil, "\(bytes)")
    }
  }

  @Test func whatCannotBeFilledIsTold() throws {
    let tokenizer = try tokenizer(.character, ["a"])
    let oneWay = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: tokenizer.vocabulary.count, embeddingSize: 3, hiddenSize: 4))
    func message(_ model: LanguageModel, _ prompt: String) -> String? {
      #expect(throws: FillError.self) { _ = try MaskFiller(model: model, tokenizer: tokenizer, prompt: prompt) }?
        .description
    }
    #expect(
      message(oneWay, "a[MASK]")
        == "the model: expected a model that was trained with --bidirectional, found one that reads forwards only. "
        + "Train one with 'tsuzuri train CORPUS --bidirectional'.")
    let model = try model(tokenizer)
    #expect(
      message(model, "a[mask]")
        == "the prompt: expected [MASK] in it, found 'a[mask]'. Put [MASK] in the place of each token to be filled in.")
    #expect(
      message(model, String(repeating: "[MASK]", count: 17))
        == "the prompt: expected at most 16 times [MASK], found 17. Fill in fewer places at a time.")
  }

  /// A sample costs the forward stack's steps and is what that stack alone would write.
  @Test func textIsWrittenByTheForwardStack() throws {
    let tokenizer = try tokenizer(.byte)
    let model = try model(tokenizer)
    let session = InferenceSession(model: model)
    try session.feedPrompt([0, 98, 99])
    let directed = DirectedSession(model: model, direction: .forward)
    directed.feed(toAll: [0, 98, 99])
    let joint = model.jointLogits(forward: directed.features, backward: [Float](repeating: 0, count: 7))
    for (a, b) in zip(session.logits, joint) { #expect(abs(a - b) < 1e-5) }
  }
}
