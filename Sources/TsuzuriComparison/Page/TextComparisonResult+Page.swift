internal import TsuzuriModel

extension TextComparisonResult {
  /// A page with a table and curves, which stands by itself.
  ///
  /// - Parameter facts: what a person needs to do it again, names and values.
  public func page(facts: [(name: String, value: String)]) -> String {
    let seeds = entries.map(\.runs.count).max() ?? 0
    var page = ComparisonPage(
      title: "Recurrent cells on one text",
      summary: "Every model had the same budget of training and as many parameters as the budget allows; "
        + "\(seeds) \(seeds == 1 ? "seed" : "seeds") each. Thin lines are single runs, thick lines their means.",
      facts: facts, cells: entries.map(\.model.cell))
    page.add(table: Self.header, rows)
    page.add(
      heading: "Validation loss",
      "Measured on \(Numbers.grouped(Double(validationTokens))) tokens that no model learns "
        + "from, in nats a token. Seconds are seconds of training; measuring is not counted.")
    page.add([
      chart(page, "Over what was read", Axis("tokens", span(\.tokens)), x: { Double($0.tokens) }),
      chart(page, "Over time", Axis("seconds", 0...(points.map(\.seconds).max() ?? 1)), x: \.seconds),
    ])
    page.add(heading: "Size and speed")
    page.add(
      [],
      bars: [
        BarChart(
          title: "Parameters",
          bars: entries.map { entry in
            bar(page, entry, Double(entry.model.parameters), "H = \(entry.model.configuration.hiddenSize)")
          }),
        BarChart(
          title: "Tokens a second, in training",
          bars: entries.map { bar(page, $0, $0.tokensPerSecond?.mean ?? 0, "") }),
      ])
    return page.text
  }

  /// The columns of the table.
  public static let header = [
    "cell", "hidden size", "parameters", "validation loss", "tokens/s", "tokens", "diverged",
  ]

  /// The table's rows, a model a row.
  public var rows: [[String]] {
    entries.map { entry in
      [
        entry.model.cell.rawValue, "\(entry.model.configuration.hiddenSize)",
        Numbers.grouped(Double(entry.model.parameters)), Numbers.spread(entry.validationLoss, 4),
        entry.tokensPerSecond.map { Numbers.grouped($0.mean) } ?? "–",
        MeanAndDeviation(entry.runs.map { Double($0.tokens) }).map { Numbers.grouped($0.mean) } ?? "–",
        "\(entry.divergedRuns) of \(entry.runs.count)",
      ]
    }
  }

  private var points: [LearningCurve.Point] { entries.flatMap(\.runs).flatMap(\.curve.points) }

  private func span(_ value: (LearningCurve.Point) -> Int) -> ClosedRange<Double> {
    0...Double(points.map(value).max() ?? 1)
  }

  private func bar(_ page: ComparisonPage, _ entry: Entry, _ value: Double, _ extra: String) -> BarChart.Bar {
    BarChart.Bar(
      name: entry.model.cell.rawValue, color: page.color(of: entry.model.cell), value: value,
      text: Numbers.grouped(value) + (extra.isEmpty ? "" : ", \(extra)"))
  }

  private func chart(
    _ page: ComparisonPage, _ title: String, _ x: Axis, x place: @escaping (LearningCurve.Point) -> Double
  ) -> LineChart {
    let losses = points.map(\.loss).filter(\.isFinite)
    let (low, high) = (losses.min() ?? 0, losses.max() ?? 1)
    let margin = (high - low) * 0.04
    return LineChart(
      title: title, x: x, y: Axis("nats a token", low - margin...high + margin),
      series: entries.map { entry in
        LineChart.Series(
          cell: entry.model.cell, color: page.color(of: entry.model.cell), curves: entry.runs.map(\.curve), x: place)
      })
  }
}
