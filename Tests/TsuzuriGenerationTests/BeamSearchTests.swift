import Foundation
import Testing
import TsuzuriKernels
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriGeneration

/// The search against looking at every text, and against a plain one.
@Suite struct BeamSearchTests {
  private static let letters = ["a", "b", "c", "d"]
  private static let size = 257 + letters.count
  private static let tokenizer = Result { try TestText.tokenizer(.character, letters) }
  /// The probabilities behind a text that was begun with the prompt `ab`.
  private static func probabilities(_ seed: UInt64, after text: String) throws -> [Double] {
    let ids = try [Vocabulary.endOfText] + tokenizer.get().encode("ab" + text)
    return referenceProbabilities(
      HistoryModel.logits(seed, after: ids, letters: letters.count), try SamplingRules(temperature: 1))
  }

  private static func generator(
    _ seed: UInt64, _ beam: BeamSearch, maxTokens: Int, minTokens: Int = 0, samples: Int? = nil,
    stopTexts: [String] = [], bans: [String] = [], noRepeatNGram: Int = 0
  ) throws -> TextGenerator {
    let options = GenerationOptions(
      rules: try SamplingRules(noRepeatNGram: noRepeatNGram), maxTokens: maxTokens, minTokens: minTokens,
      stopTexts: stopTexts, bannedTexts: bans, sampleCount: samples ?? beam.width, beam: beam)
    return try TextGenerator(
      vocabularySize: size, tokenizer: tokenizer.get(), prompt: "ab", options: options
    ) { HistoryModel(seed: seed, letters: letters.count, sequences: beam.width) }
  }

  /// A text that was looked at.
  struct Text: Equatable {
    var text: String
    var reason: FinishReason
    var score: Double
  }

  /// Every text there is, the best first.
  private static func everyText(
    _ seed: UInt64, _ beam: BeamSearch, maxTokens: Int, minTokens: Int = 0, stopText: String? = nil,
    ban: String? = nil, noRepeat: Int = 0
  ) throws -> [Text] {
    var texts: [Text] = []
    func follow(_ text: String, _ logProbability: Double) throws {
      let probabilities = try probabilities(seed, after: text)
      func score(_ logProbability: Double, _ tokens: Int) -> Double {
        logProbability / pow((5 + Double(tokens)) / 6, beam.lengthPenalty)
      }
      var isStuck = true
      if text.count >= minTokens {
        isStuck = false
        texts.append(
          Text(text: text, reason: .endOfText, score: score(logProbability + log(probabilities[0]), text.count + 1)))
      }
      for (index, letter) in letters.enumerated() {
        let longer = text + letter
        let whole = Array("ab" + longer)
        if let ban, String(whole).hasSuffix(ban) { continue }
        let grams = whole.count < noRepeat ? [] : (0...whole.count - noRepeat).map { whole[$0..<$0 + noRepeat] }
        if noRepeat > 0, grams.dropLast().contains(where: { $0 == grams.last }) { continue }
        isStuck = false
        let next = logProbability + log(probabilities[257 + index])
        if let stopText, longer.count >= minTokens, longer.hasSuffix(stopText) {
          let cut = String(longer.dropLast(stopText.count))
          texts.append(Text(text: cut, reason: .stop, score: score(next, longer.count)))
        } else if longer.count == maxTokens {
          texts.append(Text(text: longer, reason: .length, score: score(next, longer.count)))
        } else {
          try follow(longer, next)
        }
      }
      if isStuck { texts.append(Text(text: text, reason: .exhausted, score: score(logProbability, text.count))) }
    }
    try follow("", 0)
    return texts.sorted { $0.score > $1.score }
  }

  private func expect(
    _ found: [GeneratedSample], _ expected: some Sequence<Text>, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = Array(expected)
    #expect(found.map(\.text) == expected.map(\.text), sourceLocation: sourceLocation)
    #expect(found.map(\.finishReason) == expected.map(\.reason), sourceLocation: sourceLocation)
    for (sample, text) in zip(found, expected) {
      #expect(abs((sample.score ?? .nan) - text.score) < 1e-5, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [0, 0.6, 1, 3], [UInt64(1), 2, 3])
  func aBeamOfEverythingFindsTheBestOfAllTexts(lengthPenalty: Double, seed: UInt64) throws {
    // 4⁴ beginnings of four letters are the most there are.
    let beam = try BeamSearch(width: 256, lengthPenalty: lengthPenalty)
    let all = try Self.everyText(seed, beam, maxTokens: 5)
    #expect(all.count == 1 + 4 + 16 + 64 + 256 + 1024)
    expect(try Self.generator(seed, beam, maxTokens: 5, samples: 40).run(), all.prefix(40))
  }

  @Test func everythingTogetherWithTheRulesThatForbid() throws {
    let (seed, beam) = (UInt64(4), try BeamSearch(width: 256, lengthPenalty: 0.6))
    expect(
      try Self.generator(seed, beam, maxTokens: 5, minTokens: 3, samples: 30).run(),
      try Self.everyText(seed, beam, maxTokens: 5, minTokens: 3).prefix(30))
    expect(
      try Self.generator(seed, beam, maxTokens: 5, samples: 30, stopTexts: ["cb"]).run(),
      try Self.everyText(seed, beam, maxTokens: 5, stopText: "cb").prefix(30))
    expect(
      try Self.generator(seed, beam, maxTokens: 5, minTokens: 3, samples: 30, stopTexts: ["c"]).run(),
      try Self.everyText(seed, beam, maxTokens: 5, minTokens: 3, stopText: "c").prefix(30))
    expect(
      try Self.generator(seed, beam, maxTokens: 5, samples: 30, bans: ["bd"]).run(),
      try Self.everyText(seed, beam, maxTokens: 5, ban: "bd").prefix(30))
    expect(
      try Self.generator(seed, beam, maxTokens: 5, samples: 30, noRepeatNGram: 2).run(),
      try Self.everyText(seed, beam, maxTokens: 5, noRepeat: 2).prefix(30))
  }

  @Test func whereNothingMayFollowATextIsExhausted() throws {
    let (seed, beam) = (UInt64(5), try BeamSearch(width: 16, lengthPenalty: 0))
    // Bytes are forbidden, too, and so is the end: after a and b of the prompt, c and d, each once.
    let never = (1...Int32(256)).map { LogitBias(token: $0, value: -.infinity) }
    let options = GenerationOptions(
      rules: try SamplingRules(noRepeatNGram: 1, logitBias: never), maxTokens: 9, minTokens: 9, sampleCount: 16,
      beam: beam)
    let found = try TextGenerator(
      vocabularySize: Self.size, tokenizer: Self.tokenizer.get(), prompt: "ab", options: options
    ) { HistoryModel(seed: seed, letters: Self.letters.count, sequences: 16) }.run()
    expect(found, try Self.everyText(seed, beam, maxTokens: 9, minTokens: 9, noRepeat: 1))
    #expect(Set(found.map(\.text)) == ["cd", "dc"])
    #expect(found.allSatisfy { $0.finishReason == .exhausted })
  }

  /// The search once more, plainly: sorts all continuations, and never ends early.
  private static func plainSearch(
    _ seed: UInt64, _ beam: BeamSearch, maxTokens: Int, stopText: String
  ) throws -> [Text] {
    var beginnings: [(letters: [Int], logProbability: Double)] = [([], 0)]
    var finished: [Text] = []
    func score(_ logProbability: Double, _ tokens: Int) -> Double {
      logProbability / pow((5 + Double(tokens)) / 6, beam.lengthPenalty)
    }
    func text(_ ids: [Int]) -> String { ids.map { letters[$0 - 257] }.joined() }
    for length in 1...maxTokens {
      let longer = try beginnings.flatMap { beginning in
        try probabilities(seed, after: text(beginning.letters)).enumerated().map {
          (letters: beginning.letters + [$0], logProbability: beginning.logProbability + log($1))
        }
      }.sorted { $0.logProbability > $1.logProbability }
      beginnings = []
      var goingOn = 0
      for next in longer where goingOn < beam.width && !(1...256).contains(next.letters[length - 1]) {
        if next.letters[length - 1] == 0 {
          let letters = Array(next.letters.dropLast())
          finished.append(Text(text: text(letters), reason: .endOfText, score: score(next.logProbability, length)))
        } else if text(next.letters).hasSuffix(stopText) {
          let cut = String(text(next.letters).dropLast(stopText.count))
          finished.append(Text(text: cut, reason: .stop, score: score(next.logProbability, length)))
        } else {
          goingOn += 1
          if length == maxTokens {
            finished.append(
              Text(text: text(next.letters), reason: .length, score: score(next.logProbability, length)))
          } else {
            beginnings.append(next)
          }
        }
      }
    }
    return Array(finished.sorted { $0.score > $1.score }.prefix(beam.width))
  }

  @Test(arguments: [1, 2, 3, 5], [0, 0.6, 2])
  func aNarrowBeamIsThePlainOne(width: Int, lengthPenalty: Double) throws {
    for seed in UInt64(10)..<16 {
      let beam = (try BeamSearch(width: width, lengthPenalty: lengthPenalty))
      expect(
        try Self.generator(seed, beam, maxTokens: 12, stopTexts: ["dc"]).run(),
        try Self.plainSearch(seed, beam, maxTokens: 12, stopText: "dc"))
    }
  }

  /// The network's state is copied from lane to lane: each text has the probability that it has alone.
  @Test(arguments: [1, 3], [1, 2])
  func aNetworkGoesOnFromTheRightState(layers: Int, threads: Int) throws {
    let tokenizer = try Self.tokenizer.get()
    let model = try LanguageModel(
      untrained: ModelConfiguration(
        vocabularySize: Self.size, embeddingSize: 6, hiddenSize: 9, layers: layers), seed: 3)
    let never = (1...Int32(256)).map { LogitBias(token: $0, value: -.infinity) }
    let options = GenerationOptions(
      rules: try SamplingRules(logitBias: never), maxTokens: 10, sampleCount: 5,
      beam: try BeamSearch(width: 5, lengthPenalty: 0.6))
    let found = try TextGenerator(
      model: model, tokenizer: tokenizer, prompt: "cab", options: options, threads: threads
    ).run()
    #expect(found.count == 5)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.score! >= $1.score! })
    #expect(Set(found.map(\.text)).count == 5)
    var plain = PlainNetworkBeam(model: model, width: 5)
    let expected = try plain.search([0] + tokenizer.encode("cab"), maxTokens: 10)
    for (sample, text) in zip(found, expected) {
      #expect(abs(sample.score! - text.score) < 1e-4)
      #expect(try sample.text == tokenizer.decode(text.ids))
    }
  }

  /// A search that feeds every beginning anew from its first token, alone.
  private struct PlainNetworkBeam {
    let model: LanguageModel
    let width: Int

    mutating func search(_ prompt: [Int32], maxTokens: Int) throws -> [(ids: [Int32], score: Double)] {
      var beginnings: [(ids: [Int32], logProbability: Double)] = [([], 0)]
      var finished: [(ids: [Int32], score: Double)] = []
      let beam = try BeamSearch(width: width, lengthPenalty: 0.6)
      for length in 1...maxTokens {
        var longer: [(ids: [Int32], logProbability: Double)] = []
        for beginning in beginnings {
          let session = InferenceSession(model: model)
          for id in prompt + beginning.ids { try session.feed([id]) }
          let probabilities = referenceProbabilities(Array(session.logits), try SamplingRules(temperature: 1))
          for (id, probability) in probabilities.enumerated() where !(1...256).contains(id) {
            longer.append((beginning.ids + [Int32(id)], beginning.logProbability + log(probability)))
          }
        }
        longer.sort { $0.logProbability > $1.logProbability }
        beginnings = []
        for next in longer where beginnings.count < width {
          if next.ids.last == 0 {
            finished.append((Array(next.ids.dropLast()), beam.score(next.logProbability, tokens: length)))
          } else {
            beginnings.append(next)
          }
        }
      }
      for beginning in beginnings {
        finished.append((beginning.ids, beam.score(beginning.logProbability, tokens: maxTokens)))
      }
      return Array(finished.sorted { $0.score > $1.score }.prefix(width))
    }
  }

  @Test func aWiderBeamFindsMore() throws {
    let seed = UInt64(21)
    let best = try Self.everyText(seed, BeamSearch(width: 1, lengthPenalty: 0), maxTokens: 6)[0].score
    let scores = try [1, 2, 4, 1024].map { width in
      try #require(
        Self.generator(seed, BeamSearch(width: width, lengthPenalty: 0), maxTokens: 6, samples: 1).run().first?.score)
    }
    #expect(scores.allSatisfy { $0 <= best + 1e-5 })
    #expect(abs(scores[3] - best) < 1e-5)
  }

  @Test func theTextComesAtTheEndAndTwiceTheSame() async throws {
    let generator = try Self.generator(30, BeamSearch(width: 4), maxTokens: 7)
    var pieces: [TextPiece] = []
    let samples = try generator.run { pieces.append($0) }
    #expect(pieces.map(\.text) == samples.map(\.text) && pieces.compactMap(\.end) == samples)
    var streamed: [TextPiece] = []
    for try await piece in generator { streamed.append(piece) }
    #expect(streamed == pieces)
    let none = try Self.generator(30, BeamSearch(width: 4), maxTokens: 0).run()
    #expect(none.map(\.text) == [""] && none[0].finishReason == .length)
  }

  @Test func wrongSearchesHaveWholeMessages() throws {
    func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch {
        return "\(error)"
      }
    }
    for width in [0, -1, 10_001] {
      #expect(
        message { _ = try BeamSearch(width: width) }
          == "beam: expected a whole number from 1 to 10000, found \(width). 4 is usual.")
    }
    for (value, shown) in [(-0.5, "-0.5"), (.nan, "nan"), (.infinity, "inf")] as [(Double, String)] {
      #expect(
        message { _ = try BeamSearch(width: 2, lengthPenalty: value) }
          == "length-penalty: expected a finite number of 0 or more, found \(shown). "
          + "0 takes the likeliest text however short, 0.6 is usual.")
    }
    let beam = try BeamSearch(width: 2)
    #expect(
      message { try GenerationOptions(sampleCount: 3, beam: beam).validate() }
        == "num-samples: expected at most as many as the beam is wide, 2, found 3. Give a wider beam.")
    #expect(
      message { try GenerationOptions(rules: SamplingRules(topK: 3), beam: beam).validate() }
        == "top-k: expected no such rule beside a beam, which goes by the model's own probabilities, found one. "
        + "Leave one of them out.")
    let bias = try SamplingRules(logitBias: [LogitBias(token: 1, value: 1)])
    #expect(
      message { try GenerationOptions(rules: bias, beam: beam).validate() }
        == "logit-bias: expected no such rule beside a beam, which goes by the model's own probabilities, found one. "
        + "Only -inf, which forbids a token, has a place there.")
    #expect(
      message {
        let options = GenerationOptions(rules: .greedy, beam: beam)
        _ = try TextGenerator(vocabularySize: Self.size, tokenizer: Self.tokenizer.get(), options: options) {
          ScriptedModel([[], []], vocabularySize: Self.size)
        }.run()
      }
        == "a search needs a model whose sequences can go on from each other's past, a BranchingModel. "
        + "Leave out the beam, or give such a model.")
  }
}
