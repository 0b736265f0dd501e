import Foundation
import Testing

import TsuzuriGeneration

@Suite struct SamplingRulesTests {
  @Test func defaultsAreTheCommands() throws {
    let rules = try SamplingRules()
    #expect(rules.temperature == 0.8)
    #expect(rules.topK == 0)
    #expect(rules.topP == 1)
    #expect(rules.minP == 0)
    #expect(rules.repetitionPenalty == 1)
    #expect(rules.repetitionWindow == 64)
    #expect(SamplingRules.greedy == (try SamplingRules(temperature: 0)))
  }

  private func message(_ make: () throws -> SamplingRules) -> String? {
    do {
      _ = try make()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func messagesNameTheOptionTheRangeAndTheWayOut() {
    let temperature = "0 takes the likeliest token each time, 0.8 is usual."
    for (value, shown) in [(-0.5, "-0.5"), (.nan, "nan"), (.infinity, "inf")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(temperature: value) }
          == "temperature: expected a number of 0 or more, found \(shown). \(temperature)")
    }
    #expect(
      message { try SamplingRules(topK: -1) }
        == "top-k: expected a whole number of 0 or more, found -1. 0 switches the rule off, 40 is usual.")
    for (value, shown) in [(0, "0.0"), (1.5, "1.5"), (-1, "-1.0"), (.nan, "nan")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(topP: value) }
          == "top-p: expected a number above 0 and up to 1, found \(shown). 1 switches the rule off, 0.95 is usual.")
    }
    for (value, shown) in [(-0.1, "-0.1"), (1.1, "1.1"), (.nan, "nan")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(minP: value) }
          == "min-p: expected a number from 0 to 1, found \(shown). 0 switches the rule off, 0.05 is usual.")
    }
    for (value, shown) in [(0, "0.0"), (-1, "-1.0"), (.nan, "nan"), (.infinity, "inf")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(repetitionPenalty: value) }
          == "repetition-penalty: expected a number above 0, found \(shown). 1 switches the rule off, 1.1 is usual.")
    }
    #expect(
      message { try SamplingRules(repetitionWindow: -1) }
        == "repetition-window: expected a whole number of 0 or more, found -1. 0 switches the penalties off, 64 is usual."
    )
  }

  @Test func messagesOfTheRulesAgainstRepetition() {
    for (value, shown) in [(0, "0.0"), (1.5, "1.5"), (-1, "-1.0"), (.nan, "nan")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(typicalP: value) }
          == "typical-p: expected a number above 0 and up to 1, found \(shown). 1 switches the rule off, 0.95 is usual."
      )
    }
    for (value, shown) in [(.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(presencePenalty: value) }
          == "presence-penalty: expected a finite number, found \(shown). 0 switches the rule off, 0.5 is usual.")
      #expect(
        message { try SamplingRules(frequencyPenalty: value) }
          == "frequency-penalty: expected a finite number, found \(shown). 0 switches the rule off, 0.5 is usual.")
    }
    #expect(
      message { try SamplingRules(noRepeatNGram: -1) }
        == "no-repeat-ngram: expected a whole number of 0 or more, found -1. 0 switches the rule off, "
        + "4 is usual for words.")
    for (value, shown) in [(.infinity, "inf"), (.nan, "nan")] as [(Double, String)] {
      #expect(
        message { try SamplingRules(logitBias: [LogitBias(token: 3, value: value)]) }
          == "logit-bias: expected a finite number, or -inf, found \(shown). 5 makes a token far likelier, "
          + "-inf forbids it.")
    }
    #expect(
      message { try SamplingRules(logitBias: [3, 2, 3].map { LogitBias(token: $0, value: 1) }) }
        == "logit-bias: expected one value for each token, found two for token 3. Leave one out.")
    #expect(message { try SamplingRules(presencePenalty: 1e300, noRepeatNGram: .max) } == nil)
  }

  @Test func whatIsMissingIsOff() throws {
    let old = #"{"temperature":0.5,"topK":3,"topP":0.9,"minP":0.1,"repetitionPenalty":1.2,"repetitionWindow":7}"#
    #expect(
      try JSONDecoder().decode(SamplingRules.self, from: Data(old.utf8))
        == SamplingRules(
          temperature: 0.5, topK: 3, topP: 0.9, minP: 0.1, repetitionPenalty: 1.2, repetitionWindow: 7))
  }

  @Test func rulesThatAreReadAreChecked() throws {
    let rules = try SamplingRules(
      temperature: 0.5, topK: 3, typicalP: 0.7, topP: 0.9, minP: 0.1, repetitionPenalty: 1.2, presencePenalty: 0.3,
      frequencyPenalty: -0.2, repetitionWindow: 9, noRepeatNGram: 4,
      logitBias: [LogitBias(token: 5, value: -.infinity), LogitBias(token: 2, value: 0.25)])
    let json = try JSONEncoder().encode(rules)
    #expect(try JSONDecoder().decode(SamplingRules.self, from: json) == rules)
    let wrong = String(decoding: json, as: UTF8.self).replacingOccurrences(of: "0.9", with: "9")
    #expect(throws: GenerationError.self) {
      try JSONDecoder().decode(SamplingRules.self, from: Data(wrong.utf8))
    }
  }
}
