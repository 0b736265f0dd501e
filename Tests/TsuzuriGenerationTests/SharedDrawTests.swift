import Testing
import TsuzuriKernels
import TsuzuriModel
import TsuzuriText

@testable import TsuzuriGeneration

/// Draws of many samples, shared among threads.
struct SharedDrawTests {
  /// So many samples of a vocabulary of 258 tokens that threads are worth it.
  private static let samples = 520

  @Test(arguments: [2, 3, 7])
  func theTextsDoNotDependOnTheThreads(threads: Int) throws {
    let tokenizer = try TestText.tokenizer(.byte)
    let size = tokenizer.vocabulary.count
    #expect(Self.samples * size >= SharedDraw.threshold)
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: size, embeddingSize: 3, hiddenSize: 5, layers: 1))
    func texts(_ threads: Int) throws -> [GeneratedSample] {
      let options = GenerationOptions(maxTokens: 5, sampleCount: Self.samples, seed: 9)
      return try TextGenerator(model: model, tokenizer: tokenizer, options: options, threads: threads).run()
    }
    let alone = try texts(1)
    #expect(Set(alone.map(\.text)).count > Self.samples / 2)
    #expect(try texts(threads) == alone)
  }

  /// Which error is thrown does not depend on the threads either.
  @Test(arguments: [1, 2, 5])
  func theFirstSampleThatCannotDrawIsTheOneThatIsToldOf(threads: Int) throws {
    let tokenizer = try TestText.tokenizer(.byte)
    let size = tokenizer.vocabulary.count
    let draw = SharedDraw(
      rules: .greedy, vocabularySize: size, samples: Self.samples, pool: WorkerPool(threads: threads))
    var writers = try (0..<Self.samples).map {
      SampleWriter(
        index: $0, prompt: try Prompt("", tokenizer), limits: try TextLimits(GenerationOptions(), tokenizer),
        tokenizer: tokenizer, generator: CounterBasedGenerator(seed: 1, stream: UInt64($0)))
    }
    var logits = [Float](repeating: 0, count: Self.samples * size)
    logits[300 * size + 7] = .nan
    logits[515 * size + 8] = .infinity
    #expect(throws: GenerationError.invalidLogit(token: 7, value: "nan")) {
      try logits.withUnsafeBufferPointer { try draw.draw(&writers, from: $0) }
    }
    logits[300 * size + 7] = 1
    logits[515 * size + 8] = 1
    // An error is forgotten with the step.
    try logits.withUnsafeBufferPointer { try draw.draw(&writers, from: $0) }
  }
}
