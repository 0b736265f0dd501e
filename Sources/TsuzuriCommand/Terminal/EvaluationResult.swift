import Tsuzuri

/// How well a model predicted a text, for programs and for people.
struct EvaluationResult {
  private let evaluation: Evaluation
  private let seconds: Double
  private let mixture: [(folder: String, weight: Double)]?
  private let adapted: [AdaptedModel]

  /// - Parameters:
  ///   - mixture: the models and their weights, where there are several.
  ///   - adapted: the networks that went with the text.
  init(
    _ evaluation: Evaluation, seconds: Double, mixture: [(folder: String, weight: Double)]? = nil,
    adapted: [AdaptedModel] = []
  ) {
    self.evaluation = evaluation
    self.seconds = seconds
    self.mixture = mixture
    self.adapted = adapted
  }

  func print(json: Bool) throws {
    let output = StandardOutput()
    if json {
      try output.print(object.text)
    } else {
      for line in lines { try output.print(line) }
    }
    try output.flush()
  }

  /// The measures for people.
  var lines: [String] { Table.lines(rows) }

  private var tokensPerSecond: Double { Double(evaluation.tokens) / seconds }

  /// A bidirectional model's measures have names of their own. Its nats and bits are those of the forward stack, which alone
  /// is a code of the text, and so compare with any other model's.
  private var object: JSON {
    let direction = evaluation.bidirectional == nil ? "" : "forward_"
    return .object(
      [
        ("tokens", .whole(evaluation.tokens)), ("characters", .whole(evaluation.characters)),
        ("bytes", .whole(evaluation.bytes)), ("nats_per_token", .number(evaluation.natsPerToken)),
        ("\(direction)perplexity", .number(evaluation.perplexity)),
        ("bits_per_character", .number(evaluation.bitsPerCharacter)),
        ("bits_per_byte", .number(evaluation.bitsPerByte)), ("unknown_tokens", .whole(evaluation.unknownTokens)),
        ("\(direction)perplexity_known", .number(evaluation.perplexityKnown)), ("seconds", .number(seconds)),
        ("tokens_per_second", .number(tokensPerSecond)),
      ] + bidirectionalFields + mixtureFields + adaptedFields)
  }

  private var mixtureFields: [(String, JSON)] {
    guard let mixture else { return [] }
    return [
      ("models", .array(mixture.map { .string($0.folder) })), ("weights", .array(mixture.map { .number($0.weight) })),
    ]
  }

  private var adaptedFields: [(String, JSON)] {
    adapted.isEmpty ? [] : [("adaptation", .array(adapted.map(\.object)))]
  }

  private var bidirectionalFields: [(String, JSON)] {
    if evaluation.bidirectional == nil { return [] }
    return [
      ("pseudo_nats_per_token", .optional(evaluation.pseudoNatsPerToken)),
      ("pseudo_perplexity", .optional(evaluation.pseudoPerplexity)),
      ("backward_nats_per_token", .optional(evaluation.backwardNatsPerToken)),
      ("backward_perplexity", .optional(evaluation.backwardPerplexity)),
    ]
  }

  private var rows: [(String, String)] {
    func precise(_ value: Double) -> String { Figures.decimals(value, 4) }
    let direction = evaluation.bidirectional == nil ? "" : "forward "
    var rows = [
      ("tokens", Figures.count(evaluation.tokens)), ("characters", Figures.count(evaluation.characters)),
      ("bytes", Figures.count(evaluation.bytes)), ("\(direction)nats a token", precise(evaluation.natsPerToken)),
      ("\(direction)perplexity", precise(evaluation.perplexity)),
      ("\(direction)bits a character", precise(evaluation.bitsPerCharacter)),
      ("\(direction)bits a byte", precise(evaluation.bitsPerByte)),
    ]
    if let nats = evaluation.pseudoNatsPerToken, let perplexity = evaluation.pseudoPerplexity,
      let backward = evaluation.backwardPerplexity
    {
      rows += [
        ("backward perplexity", precise(backward)), ("pseudo-nats a token", precise(nats)),
        ("pseudo-perplexity", precise(perplexity)),
      ]
    }
    if let mixture {
      let parts = mixture.map { "\(Figures.decimals($0.weight, 4)) of \($0.folder)" }
      rows.append(("weights", parts.joined(separator: ", ")))
    }
    for model in adapted { rows += model.rows(named: adapted.count > 1) }
    return rows + [
      ("unknown tokens", Figures.count(evaluation.unknownTokens)),
      ("\(direction)perplexity of the known", precise(evaluation.perplexityKnown)),
      ("time", "\(Figures.duration(seconds)), \(Figures.rate(tokensPerSecond)) tokens a second"),
    ]
  }
}

extension AdaptedModel {
  /// For programs.
  fileprivate var object: JSON {
    var fields: [(String, JSON)] = [("model", .string(folder))]
    if let dynamic {
      fields += [
        ("dynamic_rate", .number(dynamic.rate)), ("dynamic_decay", .number(dynamic.decay)),
        ("dynamic_epsilon", .number(dynamic.epsilon)), ("dynamic_window", .whole(dynamic.window)),
      ]
    }
    if let cache {
      fields += [
        ("cache_size", .whole(cache.size)), ("cache_theta", .number(cache.theta)),
        ("cache_lambda", .number(cache.lambda)),
      ]
    }
    return .object(fields)
  }

  /// For people.
  fileprivate func rows(named: Bool) -> [(String, String)] {
    let place = named ? " of \(folder)" : ""
    var rows: [(String, String)] = []
    if let dynamic {
      rows.append(
        (
          "dynamic",
          "every \(Figures.count(dynamic.window)) tokens\(place), rate \(Figures.short(dynamic.rate)), decay "
            + Figures.short(dynamic.decay)
        ))
    }
    if let cache {
      rows.append(
        (
          "cache",
          "\(Figures.count(cache.size)) states\(place), theta \(Figures.decimals(cache.theta, 4)), lambda "
            + Figures.decimals(cache.lambda, 4)
        ))
    }
    return rows
  }
}
