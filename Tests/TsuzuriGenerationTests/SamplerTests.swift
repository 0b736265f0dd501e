import Foundation
import Testing

import TsuzuriGeneration
import TsuzuriKernels

/// Single draws and hand-worked distributions.
@Suite struct SamplerTests {
  /// 1/2, 1/4, 1/8, 1/8 at temperature 1.
  private static let halves: [Float] = [3, 2, 1, 1].map { Float($0) * Float(log(2.0)) }

  private func probabilities(
    _ logits: [Float], _ rules: SamplingRules, after history: [Int32] = []
  ) throws -> [Double] {
    try Sampler(rules: rules, vocabularySize: logits.count).probabilities(logits, after: history)
  }

  private func expect(
    _ found: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    // Float's logarithms and exponentials: six digits.
    #expect(
      zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "found \(found), expected \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test func plainSoftmax() throws {
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1)), [1 / 2, 1 / 4, 1 / 8, 1 / 8])
  }

  @Test func temperatureDividesLogits() throws {
    // At 1/2 probabilities are squared: 1/4, 1/16, 1/64, 1/64 of 22/64.
    expect(
      try probabilities(Self.halves, SamplingRules(temperature: 0.5)), [16 / 22, 4 / 22, 1 / 22, 1 / 22])
  }

  @Test func topKKeepsExactlyK() throws {
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topK: 2)), [2 / 3, 1 / 3, 0, 0])
    // Tokens 2 and 3 are equal: the lower id stays.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topK: 3)), [4 / 7, 2 / 7, 1 / 7, 0])
    for k in [0, 4, 5, 1_000_000, .max] {
      expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topK: k)), [1 / 2, 1 / 4, 1 / 8, 1 / 8])
    }
  }

  @Test func topPKeepsTheSmallestSetThatReachesP() throws {
    // 1/2 falls short of 0.6, 3/4 reaches it.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topP: 0.6)), [2 / 3, 1 / 3, 0, 0])
    // 3/4 falls short of 0.8; of the two equal tokens the lower id comes first.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topP: 0.8)), [4 / 7, 2 / 7, 1 / 7, 0])
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topP: 1e-300)), [1, 0, 0, 0])
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topP: 0.9999)), [1 / 2, 1 / 4, 1 / 8, 1 / 8])
  }

  @Test func minPIsRelativeToTheLikeliest() throws {
    // 0.4 · 1/2 = 0.2 ≤ 1/4; 0.2 · 1/2 = 0.1 ≤ 1/8.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, minP: 0.4)), [2 / 3, 1 / 3, 0, 0])
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, minP: 0.2)), [1 / 2, 1 / 4, 1 / 8, 1 / 8])
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, minP: 1)), [1, 0, 0, 0])
    expect(try probabilities([2, 2, 1], SamplingRules(temperature: 1, minP: 1)), [1 / 2, 1 / 2, 0])
  }

  @Test func penaltyDividesPositiveAndMultipliesNegativeLogitsOnce() throws {
    let logits: [Float] = [2, -1, 0, 3]
    // 2 → 1, −1 → −2, 0 → 0, 3 untouched; the second 0 in the history changes nothing more.
    let rules = try SamplingRules(temperature: 1, repetitionPenalty: 2)
    let weights = [exp(1.0), exp(-2.0), 1, exp(3.0)]
    expect(
      try probabilities(logits, rules, after: [0, 1, 2, 0]), weights.map { $0 / weights.reduce(0, +) })
    // A window of 1 sees the last token only.
    let last = [exp(1.0), exp(-1.0), 1, exp(3.0)]
    expect(
      try probabilities(
        logits, SamplingRules(temperature: 1, repetitionPenalty: 2, repetitionWindow: 1), after: [1, 2, 0]),
      last.map { $0 / last.reduce(0, +) })
    for (penalty, window) in [(2.0, 0), (1.0, 64)] {
      let plain = [exp(2.0), exp(-1.0), 1, exp(3.0)]
      expect(
        try probabilities(
          logits, SamplingRules(temperature: 1, repetitionPenalty: penalty, repetitionWindow: window), after: [0, 1]),
        plain.map { $0 / plain.reduce(0, +) })
    }
  }

  @Test func thePenaltyOfOneTokenIsForgottenWithTheHistory() throws {
    let sampler = Sampler(rules: try SamplingRules(temperature: 1, repetitionPenalty: 2), vocabularySize: 4)
    let before = try sampler.probabilities(Self.halves)
    _ = try sampler.probabilities(Self.halves, after: [0, 1, 2, 3])
    #expect(try sampler.probabilities(Self.halves) == before)
  }

  @Test func thePenaltyComesFirst() throws {
    // Penalised, token 0 (3 → 1) leaves the two likeliest: were top-k first, 0 and 1 would stay.
    let rules = try SamplingRules(temperature: 1, topK: 2, repetitionPenalty: 3)
    let weights = [0, exp(2.5), exp(2.0)]
    expect(try probabilities([3, 2.5, 2], rules, after: [0]), weights.map { $0 / (weights[1] + weights[2]) })
  }

  @Test func topPSeesWhatTopKLeft() throws {
    // After top-k 2: 2/3 and 1/3. 0.6 is reached by the first alone; in the whole distribution it takes both.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topK: 2, topP: 0.6)), [1, 0, 0, 0])
  }

  @Test func typicalKeepsWhatIsNearTheEntropy() throws {
    // Of 1/2, 1/4, 1/8, 1/8 the entropy is 1.75 bits; the tokens' information is 1, 2, 3 and 3 bits, so the order is
    // 1 (0.25 away), 0 (0.75), 2 and 3 (1.25): of equals the lower id first.
    func typical(_ share: Double) throws -> [Double] {
      try probabilities(Self.halves, SamplingRules(temperature: 1, typicalP: share))
    }
    expect(try typical(0.2), [0, 1, 0, 0])
    expect(try typical(0.3), [2 / 3, 1 / 3, 0, 0])
    expect(try typical(0.8), [4 / 7, 2 / 7, 1 / 7, 0])
    expect(try typical(0.99), [1 / 2, 1 / 4, 1 / 8, 1 / 8])
    // The likeliest of what is left, even at temperature 0.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 0, typicalP: 0.2)), [0, 1, 0, 0])
    // After top-k 2, 2/3 and 1/3, the entropy is 0.918 bits and the information 0.585 and 1.585: 0 is nearer.
    expect(try probabilities(Self.halves, SamplingRules(temperature: 1, topK: 2, typicalP: 0.5)), [1, 0, 0, 0])
    // What typical leaves, 1/4 alone, is all that top-p and min-p see.
    let rules = try SamplingRules(temperature: 1, typicalP: 0.2, topP: 0.9, minP: 1)
    expect(try probabilities(Self.halves, rules), [0, 1, 0, 0])
  }

  @Test func presenceAndFrequencyAreTaken() throws {
    // Token 0 was there twice, token 2 once: 3 − 1 − 2 · 0.5, 1 − 1 − 0.5.
    let rules = try SamplingRules(temperature: 1, presencePenalty: 1, frequencyPenalty: 0.5)
    let weights = [exp(1.0), exp(2.0), exp(-0.5)]
    expect(try probabilities([3, 2, 1], rules, after: [0, 2, 0]), weights.map { $0 / weights.reduce(0, +) })
    // After the repetition penalty, and only in the window.
    let both = try SamplingRules(temperature: 1, repetitionPenalty: 2, presencePenalty: 1, repetitionWindow: 1)
    let last = [exp(0.5), exp(2.0), exp(1.0)]
    expect(try probabilities([3, 2, 1], both, after: [2, 1, 0]), last.map { $0 / last.reduce(0, +) })
  }

  /// Each of them alone is a number, and so is what they make together.
  @Test func penaltiesBeyondAllBoundsLeaveProbabilities() throws {
    let rules = try SamplingRules(
      temperature: 1, repetitionPenalty: 1e-308, presencePenalty: 1e308, frequencyPenalty: 1e308)
    // The largest number less the largest number.
    let sum = 1 + exp(2.0) + exp(1)
    expect(try probabilities([3, 2, 1], rules, after: [0, 0]), [1, exp(2), exp(1)].map { $0 / sum })
    expect(try probabilities([-3, 2, 1], rules, after: [0]), [0, exp(2), exp(1)].map { $0 / (exp(2) + exp(1)) })
  }

  @Test func aBiasComesBeforeThePenalties() throws {
    // 1 + 2 = 3, then halved; −1 + 2 = 1, then halved: were the penalty first, it would be −2 + 2.
    let bias = [LogitBias(token: 1, value: 2), LogitBias(token: 0, value: 2)]
    let rules = try SamplingRules(temperature: 1, repetitionPenalty: 2, logitBias: bias)
    let weights = [exp(1.5), exp(0.5), 1]
    expect(try probabilities([1, -1, 0], rules, after: [0, 1]), weights.map { $0 / weights.reduce(0, +) })
    expect(
      try probabilities([1, 2, 0], SamplingRules(temperature: 1, logitBias: [LogitBias(token: 2, value: 1e300)])),
      [0, 0, 1])
  }

  @Test func whatIsForbiddenNeverComes() throws {
    let never = [LogitBias(token: 0, value: -.infinity)]
    // However flat the distribution is, and however the token is loved.
    for temperature in [0, 0.1, 1, 1e300] {
      let rules = try SamplingRules(temperature: temperature, logitBias: never)
      #expect(try probabilities([100, 1, 0], rules)[0] == 0)
    }
    expect(try probabilities([9, 1, 1], SamplingRules(temperature: 1, topK: 1, logitBias: never)), [0, 1, 0])
    // Probabilities are those among the tokens that may come.
    expect(
      try probabilities(Self.halves, SamplingRules(temperature: 1, topP: 0.5, logitBias: never)), [0, 1, 0, 0])
  }

  @Test func noRunComesTwice() throws {
    func allowed(_ n: Int, _ history: [Int32]) throws -> [Int] {
      let found = try probabilities([1, 1, 1, 1, 1], SamplingRules(temperature: 1, noRepeatNGram: n), after: history)
      return found.indices.filter { found[$0] > 0 }
    }
    #expect(try allowed(2, [1, 2, 1, 3, 1]) == [0, 1, 4])
    #expect(try allowed(3, [1, 2, 3, 1, 2]) == [0, 1, 2, 4])
    #expect(try allowed(3, [1, 2, 3, 2, 2]) == [0, 1, 2, 3, 4])
    // Runs may overlap: after 2 2, a third 2 would be the second 2 2.
    #expect(try allowed(2, [2, 2]) == [0, 1, 3, 4])
    #expect(try allowed(1, [4, 0]) == [1, 2, 3])
    #expect(try allowed(3, [1]) == [0, 1, 2, 3, 4])
    #expect(try allowed(.max, [1, 2, 1]) == [0, 1, 2, 3, 4])
  }

  @Test func whereEverythingIsForbiddenThereIsAnError() throws {
    let rules = try SamplingRules(temperature: 1, noRepeatNGram: 1)
    let message =
      "the rules forbid every token that could come next. Take back a ban, a logit bias of -inf, or the rule against "
      + "repeated n-grams."
    #expect { try probabilities([1, 2], rules, after: [1, 0]) } throws: { "\($0)" == message }
  }

  @Test func theTemperatureComesLast() throws {
    // At temperature 4 the distribution is nearly flat: were it first, top-p 0.6 would keep three tokens, min-p all.
    let ratio = pow(2, 1.0 / 4)
    let two = [ratio / (1 + ratio), 1 / (1 + ratio), 0, 0]
    expect(try probabilities(Self.halves, SamplingRules(temperature: 4, topP: 0.6)), two)
    expect(try probabilities(Self.halves, SamplingRules(temperature: 4, minP: 0.4)), two)
  }

  @Test func temperatureZeroTakesTheLowestOfTheLikeliest() throws {
    var generator = CounterBasedGenerator(seed: 1)
    let sampler = Sampler(rules: .greedy, vocabularySize: 5)
    #expect(try sampler.sample([1, 7, 7, 2, 7], using: &generator) == 1)
    #expect(try sampler.sample([-5, -4, -4, -9, -9], using: &generator) == 1)
    #expect(try sampler.sample([-0.0, 0.0, -1, -1, -1], using: &generator) == 0)
    // Nothing was drawn.
    #expect(generator.position == 0)
    let penalized = Sampler(rules: try SamplingRules(temperature: 0, repetitionPenalty: 2), vocabularySize: 3)
    #expect(try penalized.sample([3, 2, 1], after: [0], using: &generator) == 1)
  }

  @Test func extremeTemperaturesAreLimits() throws {
    for temperature in [1e-3, 1e-30, 1e-45, .leastNonzeroMagnitude] {
      expect(try probabilities([3, 2, 1], SamplingRules(temperature: temperature)), [1, 0, 0])
      expect(try probabilities([2, 3, 3], SamplingRules(temperature: temperature)), [0, 0.5, 0.5])
    }
    for temperature in [1e9, 1e38, 1e300] {
      expect(try probabilities([3, 2, -1], SamplingRules(temperature: temperature)), [1 / 3, 1 / 3, 1 / 3])
    }
  }

  @Test func extremeLogitsAndPenaltiesStayNumbers() throws {
    let largest = Float.greatestFiniteMagnitude
    expect(try probabilities([largest, -largest, 0], SamplingRules(temperature: 1)), [1, 0, 0])
    expect(try probabilities([largest, -largest, largest], SamplingRules(temperature: 1, topP: 0.9)), [0.5, 0, 0.5])
    expect(
      try probabilities([5, -5, 1], SamplingRules(temperature: 1, repetitionPenalty: 1e300), after: [0, 1]),
      [1 / (1 + exp(1)), 0, exp(1) / (1 + exp(1))])
    expect(
      try probabilities([5, -5, 1], SamplingRules(temperature: 1, repetitionPenalty: 1e-300), after: [0]), [1, 0, 0])
  }

  @Test func oneTokenIsAlwaysDrawn() throws {
    var generator = CounterBasedGenerator(seed: 1)
    let rules = try SamplingRules(temperature: 2, topK: 1, topP: 0.5, minP: 0.5, repetitionPenalty: 2)
    #expect(try Sampler(rules: rules, vocabularySize: 1).sample([-3], after: [0, 0], using: &generator) == 0)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aLogitThatIsNoNumberIsAnError(value: Float) throws {
    for rules in try [SamplingRules.greedy, SamplingRules(), SamplingRules(topK: 2, topP: 0.5)] {
      for place in [0, 16, 17] {
        var logits = [Float](repeating: 1, count: 18)
        logits[place] = value
        let message =
          "the model's logit of token \(place): expected a finite number, found \(value). "
          + "The training diverged or the weights are damaged: train again with a smaller learning rate."
        let sampler = Sampler(rules: rules, vocabularySize: 18)
        #expect { try sampler.probabilities(logits) } throws: { "\($0)" == message }
      }
    }
  }

  @Test func theSeedDecides() throws {
    func draws(_ seed: UInt64, _ stream: UInt64) throws -> [Int32] {
      var generator = CounterBasedGenerator(seed: seed, stream: stream)
      let sampler = Sampler(rules: try SamplingRules(temperature: 1), vocabularySize: 4)
      return try (0..<50).map { _ in try sampler.sample(Self.halves, using: &generator) }
    }
    #expect(try draws(1, 0) == draws(1, 0))
    #expect(try draws(1, 0) != draws(2, 0))
    #expect(try draws(1, 0) != draws(1, 1))
  }

  /// A generator of one value: what falls at the ends of [0, 1)?
  struct Constant: RandomNumberGenerator {
    let value: UInt64
    mutating func next() -> UInt64 { value }
  }

  @Test func theEndsOfTheUnitIntervalDrawPossibleTokens() throws {
    let logits: [Float] = [-200, 1, 0, 1, -200]
    let sampler = Sampler(rules: try SamplingRules(temperature: 1), vocabularySize: 5)
    var zero = Constant(value: 0)
    var one = Constant(value: .max)
    #expect(try sampler.sample(logits, using: &zero) == 1)
    #expect(try sampler.sample(logits, using: &one) == 3)
  }
}
