import Foundation
import Testing
import TsuzuriGeneration
import TsuzuriKernels
import TsuzuriText

@Suite struct TextGeneratorTests {
  private static let words = ["猫", "が", "い", "る", "。", "a", "b", "c"]

  private func ids(_ text: String, _ tokenizer: Tokenizer) throws -> [Int32] { try tokenizer.encode(text) }

  @Test func thePromptIsFedAfterTheBeginning() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let cat = try #require(tokenizer.vocabulary.id(of: "猫"))
    let (generator, box) = try TextGenerator.scripted(
      [try ids("いる", tokenizer)], tokenizer, prompt: "猫é", maxTokens: 2)
    let sample = try generator.run()[0]
    #expect(box.model?.prompt == [0, cat] + TestText.bytes("é"))
    // The last token is never fed: nobody asks what follows.
    #expect(box.model?.fed == [[try ids("い", tokenizer)[0]]])
    #expect(sample.text == "いる")
    #expect(sample.tokens == 2)
    #expect(sample.finishReason == .length)

    let (empty, emptyBox) = try TextGenerator.scripted([try ids("い", tokenizer)], tokenizer)
    #expect(try empty.run()[0].text == "い")
    #expect(emptyBox.model?.prompt == [0])
  }

  @Test func endOfTextEndsASampleAndIsNotCounted() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let (generator, _) = try TextGenerator.scripted([try ids("猫がいる", tokenizer)], tokenizer)
    let sample = try generator.run()[0]
    #expect(sample.text == "猫がいる")
    #expect(sample.tokens == 4)
    #expect(sample.finishReason == .endOfText)
    #expect(sample.finishReason.rawValue == "eos")
  }

  @Test func atTheWhitespaceLevelEndOfTextIsALineEnd() throws {
    let tokenizer = try TestText.tokenizer(.whitespace, ["the", "cat", "sat"])
    let (the, cat, sat): (Int32, Int32, Int32) = (2, 3, 4)
    let script: [Int32] = [cat, sat, 0, the, cat, 0]
    func text(_ prompt: String) throws -> String {
      let (generator, box) = try TextGenerator.scripted([script], tokenizer, prompt: prompt, maxTokens: 6)
      let sample = try generator.run()[0]
      #expect(sample.tokens == 6)
      #expect(sample.finishReason == .length)
      #expect(box.model?.prompt == [0, the] || prompt.isEmpty)
      return sample.text
    }
    #expect(try text("the") == " cat sat\nthe cat\n")
    #expect(try text("the ") == "cat sat\nthe cat\n")
    #expect(try text("") == "cat sat\nthe cat\n")
  }

  @Test func noTokensAreATextToo() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let (generator, _) = try TextGenerator.scripted([[], []], tokenizer, maxTokens: 0)
    let samples = try generator.run()
    #expect(samples.map(\.text) == ["", ""])
    #expect(samples.map(\.finishReason) == [.length, .length])
    #expect(samples.map(\.index) == [0, 1])
  }

  @Test func onlyWholeCharactersComeOut() throws {
    let tokenizer = try TestText.tokenizer(.byte)
    let (generator, _) = try TextGenerator.scripted([TestText.bytes("a猫b😀")], tokenizer)
    var pieces: [String] = []
    let sample = try generator.run { pieces.append($0.text) }[0]
    #expect(pieces == ["a", "猫", "b", "😀", ""])
    #expect(sample.text == "a猫b😀")
    #expect(sample.tokens == 9)
  }

  @Test func halfACharacterAtTheEndIsReplaced() throws {
    let tokenizer = try TestText.tokenizer(.byte)
    for maxTokens in [3, 100] {
      let (generator, _) = try TextGenerator.scripted(
        [Array(TestText.bytes("a猫").prefix(3))], tokenizer, maxTokens: maxTokens)
      #expect(try generator.run()[0].text == "a\u{FFFD}")
    }
  }

  @Test(arguments: [
    (["いる"], "猫が", "stop"),
    (["がいる。"], "猫", "stop"),
    (["がいない", "る"], "猫がい", "stop"),
    (["猫"], "", "stop"),
    (["る。。"], "猫がいる。", "eos"),
    (["犬"], "猫がいる。", "eos"),
  ])
  func stopTextsAcrossTokens(stops: [String], text: String, reason: String) throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let bytes = try TestText.tokenizer(.byte)
    for (tokenizer, script) in [(tokenizer, try ids("猫がいる。", tokenizer)), (bytes, TestText.bytes("猫がいる。"))] {
      let (generator, _) = try TextGenerator.scripted([script], tokenizer, stopTexts: stops)
      var streamed = ""
      let sample = try generator.run { streamed += $0.text }[0]
      #expect(sample.text == text)
      #expect(streamed == text)
      #expect(sample.finishReason.rawValue == reason)
    }
  }

  @Test func aStopTextInsideOneTokenCutsIt() throws {
    let tokenizer = try TestText.tokenizer(.word, [" cat", "\n\nThe", "."])
    let script: [Int32] = [257, 259, 258, 257]
    let (generator, _) = try TextGenerator.scripted([script], tokenizer, stopTexts: ["\n\n"])
    let sample = try generator.run()[0]
    #expect(sample.text == " cat.")
    // Three tokens were made, the one with the stop text among them.
    #expect(sample.tokens == 3)
  }

  @Test func whatWasHeldBackComesOutAtTheEnd() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let script = try ids("cab", tokenizer)
    for (maxTokens, reason) in [(3, FinishReason.length), (100, .endOfText)] {
      let (generator, _) = try TextGenerator.scripted(
        [script], tokenizer, maxTokens: maxTokens, stopTexts: ["abc"])
      var pieces: [String] = []
      let sample = try generator.run { pieces.append($0.text) }[0]
      #expect(pieces == ["c", "ab"])
      #expect(sample.text == "cab")
      #expect(sample.finishReason == reason)
    }
  }

  @Test func stopTextsAreNormalizedAsTheTextIs() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let (generator, _) = try TextGenerator.scripted(
      [try ids("猫がいる", tokenizer)], tokenizer, stopTexts: ["か\u{3099}"])
    #expect(try generator.run()[0].text == "猫")
  }

  @Test func samplesEndEachInItsOwnTime() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    let (generator, box) = try TextGenerator.scripted(
      [try ids("ab", tokenizer), try ids("猫がいる。", tokenizer), try ids("abc", tokenizer)], tokenizer, maxTokens: 4,
      stopTexts: ["c"])
    var ends: [Int] = []
    let samples = try generator.run { piece in if piece.end != nil { ends.append(piece.sample) } }
    #expect(samples.map(\.text) == ["ab", "猫がいる", "ab"])
    #expect(samples.map(\.finishReason) == [.endOfText, .length, .stop])
    #expect(samples.map(\.tokens) == [2, 4, 3])
    #expect(ends == [0, 2, 1])
    // A sample that has ended is fed <eos>.
    #expect(box.model?.fed.last?[0] == 0)
  }

  @Test func wrongOptionsHaveWholeMessages() throws {
    let tokenizer = try TestText.tokenizer(.character, Self.words)
    func message(_ options: GenerationOptions, vocabularySize: Int = 265) -> String? {
      do {
        _ = try TextGenerator(vocabularySize: vocabularySize, tokenizer: tokenizer, options: options) {
          ScriptedModel([], vocabularySize: 265)
        }
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(message(GenerationOptions()) == nil)
    #expect(
      message(GenerationOptions(maxTokens: -1))
        == "max-tokens: expected a whole number of 0 or more, found -1. 200 is the default.")
    #expect(
      message(GenerationOptions(sampleCount: 0))
        == "num-samples: expected a whole number from 1 to 100000, found 0. 1 is the default.")
    #expect(
      message(GenerationOptions(stopTexts: ["a", ""])) == "stop: expected a text of one character or more, "
        + "found an empty one. Leave the option out where nothing is to stop the text.")
    #expect(
      message(GenerationOptions(), vocabularySize: 65) == "the model knows 65 tokens: expected as many in the "
        + "vocabulary, found 265. Use the vocabulary.txt that was saved with the model.")
  }
}
