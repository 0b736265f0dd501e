import Tsuzuri

/// How well a model foretold a text, for programs and for people.
struct EvaluationResult {
  private let evaluation: Evaluation
  private let seconds: Double

  init(_ evaluation: Evaluation, seconds: Double) {
    self.evaluation = evaluation
    self.seconds = seconds
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

  private var object: JSON {
    .object([
      ("tokens", .whole(evaluation.tokens)), ("characters", .whole(evaluation.characters)),
      ("bytes", .whole(evaluation.bytes)), ("nats_per_token", .number(evaluation.natsPerToken)),
      ("perplexity", .number(evaluation.perplexity)),
      ("bits_per_character", .number(evaluation.bitsPerCharacter)),
      ("bits_per_byte", .number(evaluation.bitsPerByte)), ("unknown_tokens", .whole(evaluation.unknownTokens)),
      ("perplexity_known", .number(evaluation.perplexityKnown)), ("seconds", .number(seconds)),
      ("tokens_per_second", .number(tokensPerSecond)),
    ])
  }

  private var rows: [(String, String)] {
    func precise(_ value: Double) -> String { Figures.decimals(value, 4) }
    return [
      ("tokens", Figures.count(evaluation.tokens)), ("characters", Figures.count(evaluation.characters)),
      ("bytes", Figures.count(evaluation.bytes)), ("nats a token", precise(evaluation.natsPerToken)),
      ("perplexity", precise(evaluation.perplexity)), ("bits a character", precise(evaluation.bitsPerCharacter)),
      ("bits a byte", precise(evaluation.bitsPerByte)),
      ("unknown tokens", Figures.count(evaluation.unknownTokens)),
      ("perplexity of the known", precise(evaluation.perplexityKnown)),
      ("time", "\(Figures.duration(seconds)), \(Figures.rate(tokensPerSecond)) tokens a second"),
    ]
  }
}
