import Tsuzuri
import TsuzuriEvaluation
import TsuzuriModel

/// How networks shall go with the text that they measure; nil for numbers that are to be found, or are the defaults.
struct Adaptation {
  /// Dynamic evaluation.
  struct Dynamic {
    /// After how many tokens weights move.
    var window: Int?
    /// η, λ and ε.
    var rate, decay, epsilon: Double?
    /// The text that the gradients' statistics are taken from, where it is not the model's folder that has them.
    var statisticsText: String?
  }

  /// A neural cache.
  struct Cache {
    /// N.
    var size: Int
    /// θ and λ.
    var theta, lambda: Double?
  }

  var dynamic: Dynamic?
  var cache: Cache?
}

/// How a network went with the text.
struct AdaptedModel {
  var folder: String
  var dynamic: DynamicScorer.Options?
  var cache: CacheScorer.Options?
}

/// A network on its way to a scorer that goes with the text. Numbers that were not given are found on the way, where there is
/// a text for it.
struct AdaptingNetwork {
  let model: TextModel
  let folder: String
  let window: Int?
  let threads: Int
  let tuning: ScoredText?
  let screen: Screen

  func scorer(_ adaptation: Adaptation) throws -> (scorer: any TokenScorer, adapted: AdaptedModel) {
    var result = AdaptedModel(folder: folder)
    var scorer: (any TokenScorer & WindowedScorer)
    if let dynamic = adaptation.dynamic {
      let (made, options) = try dynamicScorer(dynamic)
      (scorer, result.dynamic) = (made, options)
    } else {
      scorer = SequenceScorer(
        model: model.model, scoresEndOfText: scoresEndOfText, resetInterval: window, threads: threads)
    }
    guard let cache = adaptation.cache else { return (scorer, result) }
    let options = try cacheOptions(cache, over: scorer)
    scorer.reset()
    result.cache = options
    return (CacheScorer(scorer, options: options), result)
  }

  private var defaultWindow: Int { DynamicScorer.Options.window(for: model.tokenizer.level) }

  private var scoresEndOfText: Bool { model.tokenizer.level.scoresEndOfText }

  private func dynamicScorer(_ wish: Adaptation.Dynamic) throws -> (DynamicScorer, DynamicScorer.Options) {
    if model.model.isQuantized { throw CommandError.quantizedModel(purpose: .dynamic, folder: folder) }
    let statistics = try statistics(wish)
    var options = DynamicScorer.Options(
      window: wish.window ?? defaultWindow, rate: wish.rate, decay: wish.decay,
      epsilon: wish.epsilon ?? DynamicScorer.Options.epsilon)
    if let tuning, wish.rate == nil || wish.decay == nil {
      let search = DynamicTuning(
        model: model.model, statistics: statistics, from: options, findsRate: wish.rate == nil,
        findsDecay: wish.decay == nil, scoresEndOfText: scoresEndOfText, threads: threads)
      var passes = 1
      options = try search.run(onTrial: { options, nats in
        passes += 1
        screen.detail(
          "rate \(options.rate), decay \(options.decay): \(Figures.decimals(nats, 4)) nats a token on the tuning text")
      }) { take in
        var count = 0
        try tuning.forEachPart { tokens in
          try Self.inPieces(tokens) { piece in
            try take(piece)
            count += piece.count
            screen.show { _ in
              "finding dynamic evaluation's numbers: pass \(passes), \(Figures.count(count)) tokens"
            }
          }
        }
      }
      screen.clear()
    }
    let scorer = DynamicScorer(
      model: model.model, statistics: statistics, options: options, scoresEndOfText: scoresEndOfText, threads: threads)
    return (scorer, options)
  }

  /// A part in pieces that take no long time, so that progress is seen.
  private static func inPieces(_ tokens: [Int32], _ body: ([Int32]) throws -> Void) throws {
    for start in stride(from: 0, to: tokens.count, by: 1000) {
      try body(Array(tokens[start..<min(tokens.count, start + 1000)]))
    }
  }

  private func statistics(_ wish: Adaptation.Dynamic) throws -> GradientStatistics {
    guard let path = wish.statisticsText else {
      guard let stored = try ModelFolder(folder).readGradientStatistics(for: model.model.configuration) else {
        throw CommandError.noStatistics(folder: folder)
      }
      return stored
    }
    let text = try ScoredText(at: path, tokenizer: model.tokenizer, threads: threads)
    let tokens = try text.tokens(atMost: 4_000_000)
    let made = try GradientStatistics(
      of: model.model, on: TokenArray(tokens), window: defaultWindow, threads: threads
    ) { share in
      screen.show { _ in "looking at gradients: \(Int(share * 100)) %" }
      return true
    }
    screen.clear()
    guard let made else { preconditionFailure("statistics were given up that nobody interrupted") }
    return made
  }

  private func cacheOptions(_ wish: Adaptation.Cache, over scorer: any WindowedScorer) throws -> CacheScorer.Options {
    guard let tuning, wish.theta == nil || wish.lambda == nil else {
      return CacheScorer.Options(
        size: wish.size, theta: wish.theta ?? CacheScorer.Options.theta,
        lambda: wish.lambda ?? CacheScorer.Options.lambda)
    }
    let search = CacheTuning(scorer, size: wish.size, theta: wish.theta, lambda: wish.lambda)
    var count = 0
    let options = try search.run { take in
      try tuning.forEachPart { tokens in
        try take(tokens)
        count += tokens.count
        screen.show { _ in "finding the cache's numbers: \(Figures.count(count)) tokens" }
      }
    }
    screen.clear()
    return options
  }
}
