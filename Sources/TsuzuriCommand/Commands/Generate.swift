import ArgumentParser
import Foundation
import Tsuzuri

/// `tsuzuri generate`: text goes to standard output while it is made.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Write text with a model.")

  @OptionGroup var folder: ModelFolderOption
  @OptionGroup(title: "Prompt and length") var request: GenerationRequest
  @OptionGroup(
    title:
      "Sampling rules, in the order: bias, penalties, what must not come, top-k, typical, top-p, min-p, temperature")
  var sampling: SamplingOptions
  @OptionGroup(title: "Search, in the place of chance") var beam: BeamOptions
  @OptionGroup(title: "Many prompts") var prompts: PromptsOptions
  @OptionGroup(title: "Turn by turn") var interactive: InteractiveOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try interactive.check(request, beam, prompts, output)
    try prompts.check(request, beam)
    try beam.check(request, sampling)
  }

  func run() throws {
    let screen = Screen(output)
    let prompt = try request.promptText()
    let seed = try request.seedNumber()
    let bans = try request.fileBans()
    let loaded = try folder.loadAny(screen)
    if interactive.interactive {
      return try converse(loaded, seed: seed, prompt: prompt, bans: bans, screen)
    }
    var options = try request.options(rules: sampling.rules(loaded.tokenizer.vocabulary))
    options.seed = seed
    options.bannedTexts += bans
    options.beam = try beam.search()
    // The likeliest token, or text, leaves nothing to chance.
    if request.seed == nil, options.rules.temperature > 0, options.beam == nil { screen.state("seed \(seed)") }
    if let path = prompts.prompts { return try write(afterPromptsOf: path, loaded, options, screen) }
    try Self.checkMemory(
      loaded, texts: max(options.sampleCount, options.beam?.width ?? 1), options: "--num-samples or --beam")
    let generator = try loaded.generate(prompt: prompt, options: options, threads: try threads.count())
    try write(generator, options, seed: seed, prompt: prompt)
  }

  private func write(_ generator: TextGenerator, _ options: GenerationOptions, seed: UInt64, prompt: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var seconds = [Double](repeating: 0, count: options.sampleCount)
    var printer = SamplePrinter(prompt: prompt, count: options.sampleCount)
    let samples = try generator.run { piece in
      if piece.end != nil { seconds[piece.sample] = (clock.now - start).seconds }
      // A search may find fewer texts than were asked for.
      if !output.json, options.beam == nil {
        try printer.append(piece.text, to: piece.sample, isEnd: piece.end != nil)
      }
    }
    if output.json {
      let out = StandardOutput()
      try out.print(Self.json(samples, seconds: seconds, seed: seed, prompt: prompt).text)
      try out.flush()
    } else if options.beam != nil {
      printer = SamplePrinter(prompt: prompt, count: samples.count)
      for sample in samples { try printer.append(sample.text, to: sample.index, isEnd: true) }
    }
  }

  /// Refuses more texts side by side than the machine has memory for.
  static func checkMemory(_ loaded: StoredModel, texts: Int, options: String) throws {
    switch loaded {
    case .recurrent(let network):
      try MemoryNeed.checkWriting(network.model.configuration, texts: texts, options: options)
    case .ngram(let counted):
      try MemoryNeed.checkWriting(counted.model.configuration, texts: texts, options: options)
    }
  }

  private static func json(_ samples: [GeneratedSample], seconds: [Double], seed: UInt64, prompt: String) -> JSON {
    .object([
      ("seed", .unsigned(seed)), ("prompt", .string(prompt)),
      (
        "samples",
        .array(
          samples.map { sample in
            .object(sample.fields + [("seconds", .number(seconds[sample.index]))])
          })
      ),
    ])
  }
}

extension GeneratedSample {
  /// What a JSON object tells of it.
  var fields: [(String, JSON)] {
    [
      ("text", .string(text)), ("tokens", .whole(tokens)), ("finish_reason", .string(finishReason.rawValue)),
      ("log_probability", .number(logProbability)),
    ] + (score.map { [("score", .number($0))] } ?? [])
  }
}
