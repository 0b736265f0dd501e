import ArgumentParser
import Tsuzuri

/// `tsuzuri benchmark generate`: a text of made-up words that never ends by itself.
struct BenchmarkGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Measure how fast a model writes.")

  private struct TimeIsUp: Error {}

  @Flag(help: "The model's matrices as 8-bit integers.")
  var int8 = false

  @OptionGroup var options: BenchmarkOptions

  func validate() throws { _ = try plan() }

  func run() throws {
    let (model, samples, promptLength, seconds) = try plan()
    try MemoryNeed.checkWriting(
      model, texts: samples, options: "--batch-size, --hidden-size or --vocabulary-size")
    let tokenizer = try Tokenizer(
      vocabulary: Vocabulary(kind: .closed, texts: (0..<model.vocabularySize - 2).map { Array("w\($0)".utf8) }),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)))
    var untrained = try LanguageModel(untrained: model)
    if int8 { untrained = untrained.quantized() }
    let prompt = (0..<promptLength).map { "w\($0 % model.vocabularySize)" }.joined(separator: " ")
    let clock = ContinuousClock()
    let start = clock.now
    let generator = try TextGenerator(
      model: untrained, tokenizer: tokenizer, prompt: prompt,
      options: GenerationOptions(maxTokens: .max, sampleCount: samples), threads: try options.threads.count())
    var (tokens, first, elapsed) = (0, 0.0, 0.0)
    do {
      try generator.run { _ in
        tokens += 1
        elapsed = (clock.now - start).seconds
        if tokens == 1 { first = elapsed }
        if elapsed >= seconds, tokens > samples, tokens % samples == 0 { throw TimeIsUp() }
      }
    } catch is TimeIsUp {}
    try BenchmarkResult.print(
      [
        ("tokens_per_second", .number(Double(tokens - 1) / max(elapsed - first, 1e-9))),
        ("first_token_seconds", .number(first)), ("parameters", .whole(untrained.parameterCount)),
        ("bytes_per_token", .whole(untrained.bytesPerToken)), ("tokens", .whole(tokens)), ("seconds", .number(elapsed)),
      ], json: options.output.json)
  }

  private func plan() throws -> (ModelConfiguration, samples: Int, prompt: Int, seconds: Double) {
    let settings = options.settings(["batch-size": "1", "sequence-length": "0"])
    return (
      try settings.benchmarkedModel(), try settings.wholeNumber("batch-size", in: 1...100_000),
      try settings.wholeNumber("sequence-length", in: 0...1_000_000), try settings.benchmarkSeconds()
    )
  }
}
