import Tsuzuri

/// What the estimation of an n-gram model came to, for programs and for people.
struct NGramSummary {
  private let description: NGramDescription
  private let seconds: Double
  private let model: String

  init(_ description: NGramDescription, seconds: Double, model: String) {
    self.description = description
    self.seconds = seconds
    self.model = model
  }

  func print(json: Bool) throws {
    let out = StandardOutput()
    if json {
      try out.print(object.text)
    } else {
      for line in Table.lines(rows) { try out.print(line) }
    }
    try out.flush()
  }

  private var tokens: Int { description.training?.tokens ?? 0 }
  private var tokensPerSecond: Double { Double(tokens) / seconds }

  private var object: JSON {
    .object([
      ("order", .whole(description.model.order)), ("document", .string(description.model.document.rawValue)),
      ("ngrams", .array(description.counts.map { .whole($0) })), ("tokens", .whole(tokens)),
      ("seconds", .number(seconds)), ("tokens_per_second", .number(tokensPerSecond)),
      ("validation_loss", .optional(description.training?.validationLoss)), ("model", .string(model)),
    ])
  }

  private var rows: [(String, String)] {
    let loss = description.training?.validationLoss.map {
      "\(Figures.decimals($0, 4)) nats a token (perplexity \(Figures.perplexity(ofLoss: $0)))"
    }
    return [("model", model)] + description.orderRows + [
      (
        "tokens",
        "\(Figures.count(tokens)) in \(Figures.decimals(seconds, 1)) s, \(Figures.rate(tokensPerSecond)) a second"
      ), ("validation loss", loss ?? "none"),
    ]
  }
}

extension NGramDescription {
  /// A line for each order: how many n-grams it has, and what is taken from their counts.
  var orderRows: [(String, String)] {
    zip(counts, discounts).enumerated().map { index, order in
      let (count, discounts) = order
      let figures = [discounts.one, discounts.two, discounts.more].map { Figures.decimals($0, 3) }
      return (
        "order \(index + 1)",
        "\(Figures.count(count)) n-grams, discounts \(figures.joined(separator: ", "))"
          + (discounts.isFallback ? " (the counts allow no estimate)" : "")
      )
    }
  }
}
