import Testing
import TsuzuriGeneration
import TsuzuriKernels

/// A draw that looks for the block of tokens first, against one that goes through all tokens.
struct DrawTests {
  /// A generator that gives one number again and again.
  private struct Constant: RandomNumberGenerator {
    let value: UInt64
    mutating func next() -> UInt64 { value }
  }

  @Test(arguments: [1, 2, 255, 256, 257, 600, 20_000])
  func theTokenIsTheOneWhoseShareCoversTheNumber(vocabularySize: Int) throws {
    var generator = CounterBasedGenerator(seed: 11, stream: UInt64(vocabularySize))
    var logits = languageLikeLogits(vocabularySize, using: &generator)
    // Blocks of which nothing can be drawn, at the beginning and at the end.
    if vocabularySize > 600 {
      for id in [Array(0..<512), Array(vocabularySize - 300..<vocabularySize)].joined() { logits[id] = -1000 }
    }
    for rules in [
      try SamplingRules(temperature: 1), try SamplingRules(temperature: 0.8),
      try SamplingRules(temperature: 1.5, topK: max(vocabularySize / 2, 1)),
    ] {
      let sampler = Sampler(rules: rules, vocabularySize: vocabularySize)
      let probabilities = referenceProbabilities(logits, rules)
      for _ in 0..<200 {
        var constant = Constant(value: generator.next())
        let uniform = Double(constant.value >> 11) * 0x1p-53
        let id = Int(try sampler.sample(logits, using: &constant))
        let below = probabilities[..<id].reduce(0, +)
        // Single precision decides nothing but draws next to a border.
        #expect(below <= uniform + 1e-6 && uniform <= below + probabilities[id] + 1e-6, "\(id) for \(uniform)")
        #expect(probabilities[id] > 0)
      }
      for end in [UInt64.min, .max] {
        var constant = Constant(value: end)
        #expect(probabilities[Int(try sampler.sample(logits, using: &constant))] > 0)
      }
    }
  }

  @Test func aPenaltyLeavesTheCallersLogitsAsTheyAre() throws {
    let logits: [Float] = [3, -2, 1]
    let rules = try SamplingRules(temperature: 1, repetitionPenalty: 2)
    var generator = CounterBasedGenerator(seed: 1)
    _ = try logits.withUnsafeBufferPointer {
      try Sampler(rules: rules, vocabularySize: 3).sample(from: $0, after: [0, 1], using: &generator)
    }
    #expect(logits == [3, -2, 1])
  }
}
