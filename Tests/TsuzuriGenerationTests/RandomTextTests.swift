import Foundation
import Testing
import TsuzuriGeneration
import TsuzuriKernels
import TsuzuriModel
import TsuzuriText

/// Text drawn from models whose distributions are known.
@Suite struct RandomTextTests {
  private static let count = 257 + 20
  private static let tokenizer = Result {
    try TestText.tokenizer(.character, (0..<20).map { String(Unicode.Scalar(UInt8(97 + $0))) })
  }
  /// Rows of logits, one for each token before; bytes are improbable, `<eos>` is not.
  private static let rows: [[Float]] = {
    var generator = CounterBasedGenerator(seed: 11)
    return (0..<count).map { _ in
      let letters = languageLikeLogits(20, using: &generator)
      return [0] + [Float](repeating: -5, count: 256) + letters
    }
  }()

  private func generator(_ options: GenerationOptions) throws -> TextGenerator {
    try TextGenerator(vocabularySize: Self.count, tokenizer: Self.tokenizer.get(), prompt: "ab", options: options) {
      MarkovModel(rows: Self.rows, sequences: options.sampleCount)
    }
  }

  @Test func aSampleDoesNotDependOnHowManyThereAre() throws {
    let one = try generator(GenerationOptions(maxTokens: 40, sampleCount: 1, seed: 3)).run()
    let five = try generator(GenerationOptions(maxTokens: 40, sampleCount: 5, seed: 3)).run()
    #expect(one[0] == five[0])
    #expect(Set(five.map(\.text)).count == 5)
    #expect(try generator(GenerationOptions(maxTokens: 40, sampleCount: 5, seed: 3)).run() == five)
    #expect(try generator(GenerationOptions(maxTokens: 40, sampleCount: 5, seed: 4)).run() != five)
  }

  @Test func theFirstTokenOfManySamplesHasTheModelsDistribution() throws {
    let rules = try SamplingRules(temperature: 0.9, topK: 12, topP: 0.9)
    let samples = try generator(
      GenerationOptions(rules: rules, maxTokens: 1, sampleCount: 20_000, seed: 5)
    ).run()
    let tokenizer = try Self.tokenizer.get()
    var counts = [Int](repeating: 0, count: Self.count)
    for sample in samples {
      counts[sample.finishReason == .endOfText ? 0 : Int(try tokenizer.encode(sample.text)[0])] += 1
    }
    let row = Self.rows[Int(try tokenizer.encode("b")[0])]
    let test = ChiSquare(counts: counts, probabilities: referenceProbabilities(row, rules))
    #expect(test.isPlausible, "chi-square \(test.statistic) above \(test.threshold)")
  }

  @Test func theLogProbabilityIsTheModelsOwn() throws {
    let rules = try SamplingRules(temperature: 0.3, topK: 5, repetitionPenalty: 1.5)
    let plain = try SamplingRules(temperature: 1)
    let tokenizer = try Self.tokenizer.get()
    for sample in try generator(GenerationOptions(rules: rules, maxTokens: 30, sampleCount: 4)).run() {
      let ids = try tokenizer.encode("b" + sample.text)
      let expected = zip(ids, ids.dropFirst()).reduce(0.0) { sum, pair in
        sum + log(referenceProbabilities(Self.rows[Int(pair.0)], plain)[Int(pair.1)])
      }
      #expect(ids.count == sample.tokens + 1)
      #expect(abs(sample.logProbability - expected) < 1e-4 * Double(sample.tokens + 1))
    }
  }

  @Test func theRepetitionWindowSeesThePrompt() throws {
    // A model that always wants its last letter again, and a penalty that forbids it.
    let tokenizer = try Self.tokenizer.get()
    let rows = (0..<Self.count).map { id in (0..<Self.count).map { $0 == id ? Float(5) : $0 == id + 1 ? 4 : 0 } }
    let rules = try SamplingRules(temperature: 0, repetitionPenalty: 2, repetitionWindow: 2)
    let generator = try TextGenerator(
      vocabularySize: Self.count, tokenizer: tokenizer, prompt: "c",
      options: GenerationOptions(rules: rules, maxTokens: 3)
    ) { MarkovModel(rows: rows, sequences: 1) }
    #expect(try generator.run()[0].text == "def")
  }

  @Test func anUntrainedModelWritesSomething() throws {
    let tokenizer = try Self.tokenizer.get()
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: Self.count, embeddingSize: 5, hiddenSize: 7, layers: 2), seed: 9)
    func run(_ sampleCount: Int, _ seed: UInt64) throws -> [GeneratedSample] {
      try TextGenerator(
        model: model, tokenizer: tokenizer, prompt: "綴る a\u{0}",
        options: GenerationOptions(maxTokens: 60, sampleCount: sampleCount, seed: seed)
      ).run()
    }
    let samples = try run(3, 1)
    #expect(samples.count == 3)
    #expect(try run(3, 1) == samples)
    #expect(try run(3, 2).map(\.text) != samples.map(\.text))
    #expect(try run(1, 1)[0].text == samples[0].text)
    // Nearly uniform: about ln V nats a token.
    for sample in samples where sample.tokens > 20 {
      #expect(abs(sample.logProbability / Double(sample.tokens) + log(Double(Self.count))) < 0.5)
    }
  }
}
