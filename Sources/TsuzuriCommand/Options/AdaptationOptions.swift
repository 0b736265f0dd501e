import ArgumentParser
import Tsuzuri

/// How a network goes with the text that it measures.
struct AdaptationOptions: ParsableArguments {
  @Flag(help: "Let each network learn from what it has scored, in a copy of its weights (dynamic evaluation).")
  var dynamic = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far the weights move (default: \(DynamicScorer.Options.ratePerToken) times the window).", valueName: "number"
    ))
  var dynamicRate: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far they are pulled back to where training left them (default: \(DynamicScorer.Options.decayPerToken) times the "
        + "window).", valueName: "number"))
  var dynamicDecay: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is added to the usual size of a weight's gradient, by which a step is divided (default: "
        + "\(DynamicScorer.Options.epsilon)).", valueName: "number"))
  var dynamicEpsilon: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "After how many tokens they move (default: \(DynamicScorer.Options.window), or "
        + "\(DynamicScorer.Options.characterWindow) for characters and bytes).", valueName: "n"))
  var dynamicWindow: String?

  @Option(
    help: ArgumentHelp(
      "The text that the network was trained on, for the gradients' statistics that its folder lacks.",
      valueName: "file"))
  var dynamicStatistics: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Keep the last so many states of each network and the tokens behind them, and let them predict, too (a neural "
        + "cache).", valueName: "n"))
  var cache: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much more a similar state says than another (default: \(CacheScorer.Options.theta)).", valueName: "number"))
  var cacheTheta: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How much the cache has to say, from 0 to 1 (default: \(CacheScorer.Options.lambda)).", valueName: "number"))
  var cacheLambda: String?

  /// The largest cache.
  private static let sizes = 1...1_000_000
  /// The windows that dynamic evaluation can have.
  private static let windows = 1...10_000

  /// Whether anything is asked for.
  var isGiven: Bool { cache != nil || dynamic }

  func validate() throws {
    _ = try wishes()
    for (name, value) in [("cache-theta", cacheTheta), ("cache-lambda", cacheLambda)] where value != nil && cache == nil
    {
      throw ValidationError("--\(name): there is no cache. Give its size with --cache, or leave the option out.")
    }
    let numbers = [
      ("dynamic-rate", dynamicRate), ("dynamic-decay", dynamicDecay), ("dynamic-epsilon", dynamicEpsilon),
      ("dynamic-window", dynamicWindow), ("dynamic-statistics", dynamicStatistics),
    ]
    for (name, value) in numbers where value != nil && !dynamic {
      throw ValidationError(
        "--\(name): there is no dynamic evaluation. Ask for it with --dynamic, or leave the option out.")
    }
  }

  /// Stops where the text is to be forgotten that weights learn from.
  func refuse(window: String?) throws {
    guard dynamic, window != nil else { return }
    throw ValidationError(
      "--dynamic, --window: what is learnt from a text is carried to its end, and a window forgets. Leave one out.")
  }

  /// What is asked for; nil where nothing is.
  func wishes() throws -> Adaptation? {
    let rate = try Self.number(dynamicRate, "dynamic-rate", "a number of 0 or more") { $0 >= 0 && Float($0).isFinite }
    let decay = try Self.number(dynamicDecay, "dynamic-decay", "a number of 0 or more") {
      $0 >= 0 && Float($0).isFinite
    }
    let epsilon = try Self.number(dynamicEpsilon, "dynamic-epsilon", "a positive number that single precision can hold")
    {
      Float($0) > 0 && Float($0).isFinite
    }
    let theta = try Self.number(cacheTheta, "cache-theta", "a number of 0 or more") { $0 >= 0 && Float($0).isFinite }
    let lambda = try Self.number(cacheLambda, "cache-lambda", "a number from 0 up to, not including, 1") {
      $0 >= 0 && $0 < 1
    }
    let window = try Self.whole(dynamicWindow, "dynamic-window", Self.windows)
    let size = try Self.whole(cache, "cache", Self.sizes)
    guard isGiven else { return nil }
    return Adaptation(
      dynamic: dynamic
        ? .init(window: window, rate: rate, decay: decay, epsilon: epsilon, statisticsText: dynamicStatistics) : nil,
      cache: size.map { .init(size: $0, theta: theta, lambda: lambda) })
  }

  private static func whole(_ text: String?, _ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    try text.map { try Settings.wholeNumber($0, name, in: range) }
  }

  private static func number(
    _ text: String?, _ name: String, _ expected: String, where holds: (Double) -> Bool
  ) throws -> Double? {
    try text.map {
      guard let number = Double($0), holds(number) else {
        throw ValidationError(Settings.message(name, expected: expected, found: $0))
      }
      return number
    }
  }
}
