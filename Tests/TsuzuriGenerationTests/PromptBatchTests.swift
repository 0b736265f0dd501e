import Testing
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriGeneration

/// Many prompts side by side write what each would write alone.
@Suite struct PromptBatchTests {
  private static let letters = ["a", "b", "c", "d"]
  private static let tokenizer = Result { try TestText.tokenizer(.character, letters) }
  /// Large enough that threads share its products, and that each of several lanes' shares has its own.
  private static let network = Result {
    try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: 261, embeddingSize: 70, hiddenSize: 210, layers: 2), seed: 3)
  }
  /// More than a window, nothing, and what the vocabulary does not have; lengths, ends and seeds of their own.
  private static let requests: [PromptBatch.Request] = [
    .init(prompt: "abc", maxTokens: 40), .init(prompt: ""), .init(prompt: String(repeating: "abcd", count: 12)),
    .init(prompt: "猫", maxTokens: 3), .init(prompt: "d", maxTokens: 0), .init(prompt: "abc", seed: 11),
    .init(prompt: "abc", maxTokens: 40, seed: 11), .init(prompt: "cc", stopTexts: ["a", "b"]),
    .init(prompt: "a", minTokens: 12, stopTexts: ["c"]), .init(prompt: "b", maxTokens: 1),
    .init(prompt: "dd"), .init(prompt: "x\u{0}y"), .init(prompt: "abc", maxTokens: 40),
    // Eight for each of two threads, which then have lanes of their own.
    .init(prompt: "da"), .init(prompt: "db", maxTokens: 30), .init(prompt: "dc", seed: 4), .init(prompt: "bd"),
  ]
  private static func options() throws -> GenerationOptions {
    GenerationOptions(
      rules: try SamplingRules(
        temperature: 0.9, typicalP: 0.95, frequencyPenalty: 0.2, noRepeatNGram: 5,
        logitBias: (257...260).map { LogitBias(token: $0, value: 4) }),
      maxTokens: 15, stopTexts: ["dab"], bannedTexts: ["cab"], seed: 5)
  }

  private func samples(
    _ requests: [PromptBatch.Request] = requests, lanes: Int, threads: Int = 1, model: LanguageModel? = nil
  ) throws -> [GeneratedSample] {
    let batch = try PromptBatch(
      model: model ?? Self.network.get(), tokenizer: Self.tokenizer.get(), requests: requests, options: Self.options(),
      lanes: lanes, threads: threads)
    var samples: [GeneratedSample] = []
    try batch.run { samples.append($0) }
    return samples
  }

  @Test(arguments: [false, true])
  func theTextsDoNotDependOnTheLanesNorOnTheThreads(isQuantized: Bool) throws {
    let model = isQuantized ? try Self.network.get().quantized() : try Self.network.get()
    let alone = try samples(lanes: 1, model: model)
    #expect(alone.map(\.index) == Array(0..<17))
    #expect(Set(alone.map(\.text)).count > 9)
    for (lanes, threads) in [(2, 1), (3, 2), (5, 5), (13, 1), (100, 2)] {
      // Every bit of the log-probability, too.
      #expect(try samples(lanes: lanes, threads: threads, model: model) == alone, "\(lanes) lanes, \(threads) threads")
    }
  }

  @Test func neighboursAndTheirOrderAreNothingToAText() throws {
    let seeded = Self.requests.enumerated().map { index, request in
      var request = request
      request.seed = UInt64(100 + index)
      return request
    }
    let forwards = try samples(seeded, lanes: 4)
    let backwards = try samples(seeded.reversed(), lanes: 3).reversed()
    #expect(forwards.map(\.text) == backwards.map(\.text))
    #expect(forwards.map(\.logProbability) == backwards.map(\.logProbability))
  }

  /// With other products: a generator feeds a prompt window by window.
  @Test func eachTextIsWhatAGeneratorWrites() throws {
    let found = try samples(lanes: 4)
    for (index, request) in Self.requests.enumerated() {
      var options = request.applied(to: try Self.options())
      options.seed = request.seed ?? 5
      options.sampleCount = request.seed == nil ? index + 1 : 1
      let sample = try #require(
        TextGenerator(
          model: Self.network.get(), tokenizer: Self.tokenizer.get(), prompt: request.prompt, options: options
        ).run().last)
      #expect(found[index].text == sample.text, "\(request)")
      #expect(found[index].logProbability == sample.logProbability)
      #expect(found[index].finishReason == sample.finishReason)
      #expect(found[index].tokens == sample.tokens)
    }
  }

  @Test func aLongTextHoldsNobodyUp() throws {
    final class CountedModel: BranchingModel {
      let inner = HistoryModel(seed: 1, letters: 4, sequences: 2)
      var steps = 0
      var vocabularySize: Int { inner.vocabularySize }
      var sequences: Int { 2 }
      var logits: UnsafeBufferPointer<Float> { inner.logits }
      func begin(_ sequence: Int, with ids: [Int32]) throws { try inner.begin(sequence, with: ids) }
      func branch(from sources: [Int]) { inner.branch(from: sources) }
      func feed(_ ids: [Int32]) throws {
        steps += 1
        try inner.feed(ids)
      }
    }
    let box = ModelBox<CountedModel>()
    var requests = [PromptBatch.Request](repeating: .init(prompt: "ab", maxTokens: 8, minTokens: 8), count: 10)
    requests[0] = .init(prompt: "a", maxTokens: 90, minTokens: 90)
    let batch = try PromptBatch(
      vocabularySize: 261, tokenizer: Self.tokenizer.get(), requests: requests, lanes: 2
    ) { sequences in
      #expect(sequences == 2)
      let model = CountedModel()
      box.model = model
      return model
    }
    var order: [Int] = []
    try batch.run { order.append($0.index) }
    #expect(order == Array(0..<10))
    // One lane has 91 steps: <eos>, the prompt, and all but the last of its tokens; the other nine times ten.
    #expect(box.model?.steps == 91)
  }

  @Test func noRequestsAreNoWork() throws {
    #expect(try samples([], lanes: 3).isEmpty)
    let nothing = try samples([.init(prompt: "a", maxTokens: 0), .init(prompt: "b", maxTokens: 0)], lanes: 3)
    #expect(nothing.map(\.text) == ["", ""] && nothing.map(\.finishReason) == [.length, .length])
  }

  @Test func whatIsThrownByTheReceiverEndsTheWork() throws {
    struct Enough: Error {}
    let batch = try PromptBatch(
      model: Self.network.get(), tokenizer: Self.tokenizer.get(), requests: Self.requests, options: Self.options())
    var count = 0
    #expect(throws: Enough.self) {
      try batch.run { _ in
        count += 1
        if count == 2 { throw Enough() }
      }
    }
    #expect(count == 2)
  }

  @Test func wrongBatchesHaveWholeMessages() throws {
    func message(
      _ requests: [PromptBatch.Request] = [.init(prompt: "a")], _ options: GenerationOptions = GenerationOptions(),
      lanes: Int = 2
    ) -> String? {
      do {
        _ = try PromptBatch(
          vocabularySize: 261, tokenizer: Self.tokenizer.get(), requests: requests, options: options, lanes: lanes
        ) { HistoryModel(seed: 1, letters: 4, sequences: $0) }
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(message() == nil)
    #expect(message(lanes: 0) == "batch: expected a whole number of 1 or more, found 0. 32 is the default.")
    #expect(
      message([.init(prompt: "a")], GenerationOptions(sampleCount: 2))
        == "num-samples: expected 1 for each prompt, found 2. Repeat the prompt instead.")
    #expect(
      message([.init(prompt: "a")], GenerationOptions(beam: try BeamSearch(width: 2)))
        == "beam: expected none where there are several prompts, found one. Search after one at a time.")
    #expect(
      message([.init(prompt: "a"), .init(prompt: "a", maxTokens: 3, minTokens: 4)])
        == "request 1: min-tokens: expected a whole number from 0 to max-tokens, 3, found 4. 0 is the default.")
    #expect(
      message([.init(prompt: "a", stopTexts: [""])]) == "request 0: stop: expected a text of one character or more, "
        + "found an empty one. Leave the option out where nothing is to stop the text.")
  }
}
