import Testing
import TsuzuriText

@testable import TsuzuriGeneration

/// Nothing ends a sample before its least length.
@Suite struct MinTokensTests {
  private func run(
    _ script: String, minTokens: Int, maxTokens: Int = 9, stopTexts: [String] = [], rules: SamplingRules = .greedy
  ) throws -> GeneratedSample {
    let tokenizer = try TestText.tokenizer(.character, ["a", "b", "c"])
    let ids = try tokenizer.encode(script)
    return try TextGenerator(
      vocabularySize: tokenizer.vocabulary.count, tokenizer: tokenizer,
      options: GenerationOptions(rules: rules, maxTokens: maxTokens, minTokens: minTokens, stopTexts: stopTexts)
    ) { ScriptedModel([ids], vocabularySize: tokenizer.vocabulary.count) }.run()[0]
  }

  @Test func theEndOfTheTextWaits() throws {
    // The scripted model finds <eos> likeliest behind its script, and all others equally unlikely.
    #expect(try run("ab", minTokens: 2).finishReason == .endOfText)
    let longer = try run("ab", minTokens: 4)
    #expect(longer.tokens == 4 && longer.finishReason == .endOfText)
    #expect(longer.text.hasPrefix("ab"))
    let longest = try run("ab", minTokens: 5, maxTokens: 5)
    #expect(longest.tokens == 5 && longest.finishReason == .length)
  }

  @Test func aStopTextThatComesTooEarlyIsText() throws {
    #expect(try run("abcabc", minTokens: 0, stopTexts: ["c"]).text == "ab")
    for (least, text) in [(3, "ab"), (4, "abcab"), (6, "abcab")] {
      let sample = try run("abcabc", minTokens: least, stopTexts: ["c"])
      #expect(sample.text == text && sample.finishReason == .stop, "\(least)")
    }
    let whole = try run("abcabc", minTokens: 6, maxTokens: 6, stopTexts: ["a"])
    #expect(whole.text == "abcabc" && whole.finishReason == .length)
  }

  @Test func theRulesOfTheLengthHaveWholeMessages() throws {
    func message(_ least: Int, _ most: Int, _ bans: [String] = []) -> String? {
      do {
        try GenerationOptions(maxTokens: most, minTokens: least, bannedTexts: bans).validate()
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(message(3, 3) == nil)
    #expect(
      message(4, 3) == "min-tokens: expected a whole number from 0 to max-tokens, 3, found 4. 0 is the default.")
    #expect(
      message(-1, 3) == "min-tokens: expected a whole number from 0 to max-tokens, 3, found -1. 0 is the default.")
    #expect(
      message(0, 3, ["a", ""]) == "ban: expected a text of one character or more, found an empty one. "
        + "Leave the option out where everything may appear.")
  }

  @Test func aBiasForATokenThatIsNoneIsAnError() throws {
    let rules = try SamplingRules(logitBias: [LogitBias(token: 260, value: 1)])
    #expect {
      try run("ab", minTokens: 0, rules: rules)
    } throws: {
      "\($0)" == "logit-bias: expected a token from 0 to 259, found 260. "
        + "'tsuzuri tokenize --ids' tells the numbers of a text's tokens."
    }
  }
}
