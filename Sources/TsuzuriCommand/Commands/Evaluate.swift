import ArgumentParser
import Foundation
import Tsuzuri
import TsuzuriArchive

/// `tsuzuri evaluate`: once through the text, with the state carried.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure how well a model predicts a text.")

  @Argument(help: ArgumentHelp("Files, folders or '-'.", valueName: "file"))
  var files: [String]

  @OptionGroup var models: MixtureOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Forget everything after so many tokens. Of a bidirectional model, the window at whose right end the backward stack \
      begins (default: \(BidirectionalScorer.defaultWindow)); its forward stack forgets nothing.
      """, valueName: "n"))
  var window: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Read each file by itself, or each line where the network takes lines for texts, so many side by side: faster, and the \
      result does not depend on the number.
      """, valueName: "n"))
  var batch: String?

  @Option(
    help: ArgumentHelp(
      """
      A file, or '-', for each scored token, a tab, and its nats, one a line; with '-' the measures go to standard error. A \
      bidirectional model has three figures: forward, from both sides, backward.
      """, valueName: "file"))
  var tokensOut: String?

  @OptionGroup(title: "Going with the text") var adaptation: AdaptationOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try windowLength()
    try InputText.checkStandardInputIsReadOnce(files, models.tune, adaptation.dynamicStatistics)
    try adaptation.refuse(window: window)
    try checkBatch()
    if models.tune != nil, !adaptation.isGiven { try models.requireSeveral("tune") }
    if tokensOut == "-", output.json {
      throw ValidationError("--tokens-out -, --json: both write to standard output. Name a file, or leave one out.")
    }
  }

  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    var loaded = try models.load(screen, adaptation: try adaptation.wishes())
    let tokenizer = try loaded.tokenizer.reading(reading)
    let sources = try CorpusListing.sources(at: files)
    try warnOfTuning(on: sources, screen)
    let evaluator: any TextEvaluator =
      if let lanes = try lanes() {
        try loaded.makeBatchEvaluator(tokenizer: tokenizer, lanes: lanes, threads: try threads.count())
      } else {
        try loaded.makeEvaluator(
          tokenizer: tokenizer, window: try windowLength(), threads: try threads.count(), screen)
      }
    let clock = ContinuousClock()
    let start = clock.now
    func evaluate(_ onToken: @escaping (Evaluator.ScoredToken) throws -> Void) throws {
      func show(_ token: Evaluator.ScoredToken) throws {
        try onToken(token)
        // A look at the clock for each token would cost more than the token's own share of this loop.
        if evaluator.evaluation.tokens % 256 == 0 {
          screen.show { _ in "evaluating: \(Figures.count(evaluator.evaluation.tokens)) tokens" }
        }
      }
      for source in sources { try evaluator.evaluate(source, onToken: show) }
      try evaluator.finish(onToken: show)
      // Before a file with nothing in it takes an older one's place.
      guard evaluator.evaluation.tokens > 0 else { throw CorpusError.empty(names: sources.map(\.name)) }
    }
    func line(_ token: Evaluator.ScoredToken) -> String {
      let figures = [token.nats] + [token.pseudoNats, token.backwardNats].compactMap { $0 }
      return tokenizer.vocabulary.escapedToken(token.id) + figures.map { "\t\($0)" }.joined() + "\n"
    }
    if tokensOut == "-" {
      let out = StandardOutput()
      try evaluate { try out.write(line($0)) }
      try out.flush()
    } else if let tokensOut {
      try AtomicFile.replace(tokensOut) { file in
        try evaluate { try file.write(line($0)) }
      }
    } else {
      try evaluate { _ in }
    }
    screen.clear()
    let result = EvaluationResult(
      evaluator.evaluation, seconds: (clock.now - start).seconds, mixture: loaded.mixture, adapted: loaded.adapted)
    if tokensOut == "-" {
      for line in result.lines { screen.state(line) }
    } else {
      try result.print(json: output.json)
    }
  }

  /// Says so where the text that numbers are found on is the one that they are then measured on.
  private func warnOfTuning(on sources: [TextSource], _ screen: Screen) throws {
    guard let tune = models.tune else { return }
    func places(_ sources: [TextSource]) -> [String] {
      sources.compactMap {
        if case .file(let path) = $0 { URL(fileURLWithPath: path).resolvingSymlinksInPath().path } else { nil }
      }
    }
    guard !Set(places(sources)).isDisjoint(with: places(try CorpusListing.sources(at: [tune]))) else { return }
    screen.warn(
      "--tune: \(tune) is also measured, so the result is better than on a text that no number was found on.")
  }

  /// How many texts lie side by side; nil where they follow each other.
  private func lanes() throws -> Int? {
    try batch.map { try Settings.wholeNumber($0, "batch", in: 1...4096) }
  }

  private func checkBatch() throws {
    guard try lanes() != nil else { return }
    if models.folders.count > 1 {
      throw ValidationError("--batch: several models are given, and lanes take one. Name one, or leave the option out.")
    }
    for (name, isGiven) in [
      ("window", window != nil), ("cache", adaptation.cache != nil), ("dynamic", adaptation.dynamic),
    ] where isGiven {
      throw ValidationError(
        "--batch, --\(name): texts that lie side by side are each read by themselves, from their beginnings. Leave one out."
      )
    }
  }

  private func windowLength() throws -> Int? {
    try window.map { try Settings.wholeNumber($0, "window", in: 1...1_000_000) }
  }
}
