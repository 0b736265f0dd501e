import ArgumentParser
import Foundation
import Tsuzuri

/// `tsuzuri generate`: text goes to standard output while it is made.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Write text with a model.")

  @OptionGroup var folder: ModelFolderOption
  @OptionGroup(title: "Prompt and length") var request: GenerationRequest
  @OptionGroup(title: "Sampling rules, in the order: penalty, top-k, top-p, min-p, temperature")
  var sampling: SamplingOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    let screen = Screen(output)
    let prompt = try request.promptText()
    let seed = try request.seedNumber()
    let settings = Settings(request, sampling)
    let loaded = try folder.loadAny(screen)
    let options = GenerationOptions(
      rules: try settings.samplingRules(), maxTokens: try settings.wholeNumber("max-tokens", in: 0...(.max)),
      stopTexts: request.stop, sampleCount: try settings.wholeNumber("num-samples", in: 1...100_000), seed: seed)
    // The likeliest token leaves nothing to chance.
    if request.seed == nil, options.rules.temperature > 0 { screen.state("seed \(seed)") }
    let generator = try loaded.generate(prompt: prompt, options: options, threads: try threads.count())
    let clock = ContinuousClock()
    let start = clock.now
    var seconds = [Double](repeating: 0, count: options.sampleCount)
    var printer = SamplePrinter(prompt: prompt, count: options.sampleCount)
    let samples = try generator.run { piece in
      if piece.end != nil { seconds[piece.sample] = (clock.now - start).seconds }
      if !output.json { try printer.append(piece) }
    }
    guard output.json else { return }
    let out = StandardOutput()
    try out.print(Self.json(samples, seconds: seconds, seed: seed, prompt: prompt).text)
    try out.flush()
  }

  private static func json(_ samples: [GeneratedSample], seconds: [Double], seed: UInt64, prompt: String) -> JSON {
    .object([
      ("seed", .unsigned(seed)), ("prompt", .string(prompt)),
      (
        "samples",
        .array(
          samples.map { sample in
            .object([
              ("text", .string(sample.text)), ("tokens", .whole(sample.tokens)),
              ("finish_reason", .string(sample.finishReason.rawValue)),
              ("log_probability", .number(sample.logProbability)), ("seconds", .number(seconds[sample.index])),
            ])
          })
      ),
    ])
  }
}

/// Writes samples one below the other, although they are made side by side: the first as it is made, each other one
/// when those before it have ended.
private struct SamplePrinter {
  private let prompt: String
  private var waiting: [String]
  private var hasEnded: [Bool]
  private var current = -1
  private let output = StandardOutput()

  init(prompt: String, count: Int) {
    self.prompt = prompt
    waiting = [String](repeating: "", count: count)
    hasEnded = [Bool](repeating: false, count: count)
  }

  mutating func append(_ piece: TextPiece) throws {
    waiting[piece.sample] += piece.text
    if piece.end != nil { hasEnded[piece.sample] = true }
    if current < 0 { try begin() }
    while current < waiting.count {
      try output.write(waiting[current])
      waiting[current] = ""
      guard hasEnded[current] else { break }
      try output.write("\n")
      try begin()
    }
    try output.flush()
  }

  private mutating func begin() throws {
    current += 1
    guard current < waiting.count else { return }
    if waiting.count > 1 { try output.write("\(current > 0 ? "\n" : "")--- \(current + 1) of \(waiting.count) ---\n") }
    try output.write(prompt)
  }
}
