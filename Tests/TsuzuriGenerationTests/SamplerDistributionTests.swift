import Testing
import _TestSupport

import TsuzuriGeneration
import TsuzuriKernels
import TsuzuriText

/// Frequencies of many draws against the exact distribution, and the fast cut against the plain one.
@Suite struct SamplerDistributionTests {
  private static let draws = 100_000

  private func counts(_ logits: [Float], _ rules: SamplingRules, after history: [Int32]) throws -> [Int] {
    var generator = CounterBasedGenerator(seed: 20_251_121, stream: 7)
    let sampler = Sampler(rules: rules, vocabularySize: logits.count)
    var counts = [Int](repeating: 0, count: logits.count)
    for _ in 0..<Self.draws { counts[Int(try sampler.sample(logits, after: history, using: &generator))] += 1 }
    return counts
  }

  private static let rules: [(name: String, make: @Sendable () throws -> SamplingRules)] = [
    ("none", { try SamplingRules(temperature: 1) }),
    ("cold", { try SamplingRules(temperature: 0.5) }),
    ("hot", { try SamplingRules(temperature: 2) }),
    ("top-k", { try SamplingRules(temperature: 1, topK: 7) }),
    ("top-p", { try SamplingRules(temperature: 1, topP: 0.8) }),
    ("min-p", { try SamplingRules(temperature: 1, minP: 0.1) }),
    ("typical", { try SamplingRules(temperature: 1, typicalP: 0.6) }),
    ("cold typical", { try SamplingRules(temperature: 0.7, topK: 60, typicalP: 0.5, topP: 0.9) }),
    ("presence", { try SamplingRules(temperature: 1, presencePenalty: 0.8, repetitionWindow: 5) }),
    ("frequency", { try SamplingRules(temperature: 1, frequencyPenalty: 0.4, repetitionWindow: 5) }),
    ("encouraged", { try SamplingRules(temperature: 1, presencePenalty: -0.5, frequencyPenalty: -0.2) }),
    ("no-repeat 1", { try SamplingRules(temperature: 1, repetitionWindow: 1, noRepeatNGram: 1) }),
    ("no-repeat 2", { try SamplingRules(temperature: 1, noRepeatNGram: 2) }),
    ("no-repeat 3", { try SamplingRules(temperature: 1, topP: 0.7, noRepeatNGram: 3) }),
    ("bias", { try SamplingRules(temperature: 1, logitBias: [LogitBias(token: 2, value: 1.5)]) }),
    (
      "ban", { try SamplingRules(temperature: 1, topK: 2, logitBias: [LogitBias(token: 1, value: -.infinity)]) }
    ),
    ("penalty", { try SamplingRules(temperature: 1, repetitionPenalty: 1.5, repetitionWindow: 3) }),
    (
      "all",
      {
        try SamplingRules(
          temperature: 0.7, topK: 30, typicalP: 0.95, topP: 0.9, minP: 0.05, repetitionPenalty: 1.3,
          presencePenalty: 0.2, frequencyPenalty: 0.1, repetitionWindow: 8, noRepeatNGram: 4,
          logitBias: [LogitBias(token: 0, value: 0.5)])
      }
    ),
  ]

  @Test(arguments: rules.indices, [3, 97])
  func frequenciesAreThoseOfTheExactDistribution(rule: Int, vocabularySize: Int) throws {
    let (name, make) = Self.rules[rule]
    var generator = CounterBasedGenerator(seed: 5, stream: UInt64(rule))
    let logits = languageLikeLogits(vocabularySize, using: &generator)
    let history: [Int32] = name == "no-repeat 1" ? [1, 0, 1] : [0, 1, 2, 1, 0, 1]
    let rules = try make()
    let test = ChiSquare(
      counts: try counts(logits, rules, after: history),
      probabilities: referenceProbabilities(logits, rules, after: history))
    #expect(
      test.isPlausible,
      "\(name), V \(vocabularySize): chi-square \(test.statistic) above \(test.threshold), \(test.impossible) impossible"
    )
  }

  /// What bans and a least length forbid, in whole samples: the rest is drawn as often as the other rules say.
  @Test(arguments: [([], 0), (["b"], 0), ([], 1), (["b", "e"], 1)] as [([String], Int)])
  func firstTokensOfSamplesComeAsOftenAsWhatIsForbiddenLeaves(bans: [String], least: Int) throws {
    let letters = "abcdefghij".map(String.init)
    let tokenizer = try TestText.tokenizer(.character, letters)
    let V = tokenizer.vocabulary.count
    var generator = CounterBasedGenerator(seed: 4)
    let row = [1] + [Float](repeating: -90, count: 256) + languageLikeLogits(10, using: &generator)
    let rules = try SamplingRules(temperature: 1, topP: 0.95)
    let samples = 20_000
    let options = GenerationOptions(
      rules: rules, maxTokens: 1, minTokens: least, bannedTexts: bans, sampleCount: samples, seed: 12)
    let found = try TextGenerator(vocabularySize: V, tokenizer: tokenizer, options: options) {
      MarkovModel(rows: [[Float]](repeating: row, count: V), sequences: samples)
    }.run()
    var counts = [Int](repeating: 0, count: V)
    for sample in found {
      counts[
        Int(sample.text.isEmpty ? Vocabulary.endOfText : try #require(tokenizer.vocabulary.id(of: sample.text)))] += 1
    }
    let forbidden = try bans.map { Int(try #require(tokenizer.vocabulary.id(of: $0))) } + (least > 0 ? [0] : [])
    let test = ChiSquare(
      counts: counts, probabilities: referenceProbabilities(row, rules, forbidding: Set(forbidden)))
    #expect(test.isPlausible, "chi-square \(test.statistic) above \(test.threshold), \(test.impossible) impossible")
    // And not as often as if nothing were.
    let free = ChiSquare(counts: counts, probabilities: referenceProbabilities(row, rules))
    #expect(free.isPlausible == forbidden.isEmpty)
  }

  @Test func theCheckerCanFail() throws {
    var generator = CounterBasedGenerator(seed: 6)
    let logits = languageLikeLogits(97, using: &generator)
    let right = try SamplingRules(temperature: 1)
    let counts = try counts(logits, right, after: [])
    #expect(ChiSquare(counts: counts, probabilities: referenceProbabilities(logits, right)).isPlausible)
    // A temperature five percent too high, one token too few, the likeliest a fifth too likely, a wrong order of rules.
    let hot = try SamplingRules(temperature: 1.05)
    #expect(!ChiSquare(counts: counts, probabilities: referenceProbabilities(logits, hot)).isPlausible)
    let cut = try SamplingRules(temperature: 1, topK: 96)
    #expect(!ChiSquare(counts: counts, probabilities: referenceProbabilities(logits, cut)).isPlausible)
    var bent = referenceProbabilities(logits, right)
    bent[Int(try Sampler(rules: .greedy, vocabularySize: 97).sample(logits, using: &generator))] *= 1.2
    let sum = bent.reduce(0, +)
    #expect(!ChiSquare(counts: counts, probabilities: bent.map { $0 / sum }).isPlausible)
    let late = try self.counts(logits, SamplingRules(temperature: 2, topP: 0.8), after: [])
    let early = referenceProbabilities(logits.map { $0 / 2 }, try SamplingRules(temperature: 1, topP: 0.8))
    #expect(!ChiSquare(counts: late, probabilities: early).isPlausible)
  }

  @Test(arguments: [1, 2, 3, 7, 64, 65, 1000, 20_000])
  func theFastCutIsThePlainOne(vocabularySize: Int) throws {
    let seed = UInt64(vocabularySize)
    var generator = CounterBasedGenerator(seed: seed, stream: 1)
    for trial in 0..<(vocabularySize > 1000 ? 12 : 60) {
      var logits = languageLikeLogits(vocabularySize, using: &generator)
      // Every third time many ties, every fifth sorted either way: what quickselect is afraid of.
      if trial % 3 == 1 { logits = logits.map { ($0 * 2).rounded() / 2 } }
      if trial % 5 == 1 { logits.sort() }
      if trial % 5 == 2 { logits.sort(by: >) }
      if trial % 7 == 6 { logits = [Float](repeating: 1, count: vocabularySize) }
      let history = (0..<10).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &generator) }
      let rules = try SamplingRules(
        temperature: .random(in: 0.1...3, using: &generator),
        topK: trial % 2 == 0 ? 0 : .random(in: 1...vocabularySize + 2, using: &generator),
        typicalP: trial % 6 < 4 ? 1 : .random(in: 0.01..<1, using: &generator),
        topP: trial % 4 < 2 ? 1 : .random(in: 0.01..<1, using: &generator),
        minP: trial % 8 < 6 ? 0 : .random(in: 0...0.5, using: &generator),
        repetitionPenalty: trial % 10 < 5 ? 1 : .random(in: 0.5...2, using: &generator),
        presencePenalty: trial % 10 < 7 ? 0 : .random(in: -1...1, using: &generator),
        frequencyPenalty: trial % 10 < 8 ? 0 : .random(in: -1...1, using: &generator), repetitionWindow: 6,
        noRepeatNGram: vocabularySize > 20 && trial % 9 > 5 ? 1 : 0)
      let expected = referenceProbabilities(logits, rules, after: history)
      let found = try Sampler(rules: rules, vocabularySize: vocabularySize).probabilities(logits, after: history)
      let worst = zip(found, expected).map { abs($0 - $1) }.worst() ?? 0
      #expect(worst < 1e-5, "seed \(seed), trial \(trial), \(rules)")
      #expect(
        zip(found, expected).allSatisfy { ($0 == 0) == ($1 < 1e-37) }, "seed \(seed), trial \(trial), \(rules)")
    }
  }
}
