internal import TsuzuriModel

extension MemoryComparisonResult {
  /// A page with a table, curves and the gradient's flow, which stands by itself.
  ///
  /// - Parameter facts: what a person needs to do it again, names and values.
  public func page(facts: [(name: String, value: String)]) -> String {
    let seeds = tasks.flatMap(\.entries).map(\.runs.count).max() ?? 0
    var page = ComparisonPage(
      title: "What recurrent cells remember",
      summary: "The classic tasks that take memory. Every model had the same budget of training and as many parameters "
        + "as the budget allows; \(seeds) \(seeds == 1 ? "seed" : "seeds") each. Thin lines are single runs, thick "
        + "lines their means.",
      facts: facts, cells: tasks.first?.entries.map(\.model.cell) ?? [])
    page.add(
      heading: "Loss at the end, as a part of the baseline",
      "The baseline is a model that has understood the task but remembers nothing: it has 1, and a model that remembers "
        + "everything has 0. Behind it stands how many runs solved the task, which is to say fell below "
        + "\(Numbers.short(Self.solvedFraction)), and after how many steps on average.")
    page.add(table: header, rows)
    for (title, text, isOfKind) in Self.kinds {
      let charts = tasks.filter { isOfKind($0.task) }.map { chart(page, $0) }
      if charts.isEmpty { continue }
      page.add(heading: title, text)
      page.add(charts)
    }
    if !flows.isEmpty {
      page.add(
        heading: "How far back the gradient reaches",
        "The norm of ∂loss/∂h at k steps before the loss, as a part of that at the loss itself, in the adding problem: "
          + "the mean over sequences, and the geometric mean over seeds. A line that falls is a past that nothing can be "
          + "learnt from.")
      page.add([flow(page, "Before training", \.fresh), flow(page, "After training", \.trained)])
    }
    return page.text
  }

  /// The columns of the table: one for each task.
  public var header: [String] { ["cell", "hidden size", "parameters"] + tasks.map(\.task.name) }

  /// The table's rows, a cell a row. Sizes are those of the first task.
  public var rows: [[String]] {
    guard let first = tasks.first else { return [] }
    return first.entries.indices.map { index in
      let model = first.entries[index].model
      return [
        model.cell.rawValue, "\(model.configuration.hiddenSize)", Numbers.grouped(Double(model.parameters)),
      ] + tasks.map { summary($0.entries[index], $0.task) }
    }
  }

  /// `0.012 ± 0.003 (2/2, 850)`: the loss over the baseline; the runs that solved the task, and when.
  private func summary(_ entry: Entry, _ task: MemoryTask) -> String {
    let loss = MeanAndDeviation(entry.runs.compactMap { $0.loss.map { $0 / task.baseline } })
    let steps = MeanAndDeviation(entry.stepsToSolve(task).map(Double.init))
    let solved = "\(entry.solvedRuns(task))/\(entry.runs.count)" + (steps.map { ", \(Numbers.grouped($0.mean))" } ?? "")
    return "\(Numbers.spread(loss, 3)) (\(solved))"
  }

  private static let kinds: [(title: String, text: String, isOfKind: @Sendable (MemoryTask) -> Bool)] = [
    (
      "The adding problem",
      "Two numbers of a long row are marked; after the row their sum is to be told. The baseline says 1 and has a mean "
        + "squared error of 1/6 (Hochreiter & Schmidhuber 1997; Le, Jaitly & Hinton 2015).",
      { if case .adding = $0 { true } else { false } }
    ),
    (
      "Copy after a delay",
      "Ten symbols out of eight are to be said again after a pause of D steps. The baseline stays silent and then "
        + "guesses: 10 ln 8 / (D + 20) nats a step (Arjovsky, Shah & Bengio 2016).",
      { if case .copy = $0 { true } else { false } }
    ),
  ]

  private func chart(_ page: ComparisonPage, _ task: Task) -> LineChart {
    let points = task.entries.flatMap(\.runs).flatMap(\.curve.points)
    let baseline = task.task.baseline
    return LineChart(
      title: task.task.name, x: Axis("steps of learning", 0...Double(points.map(\.step).max() ?? 1)),
      y: Axis(task.task.unit, 0...baseline * 1.5),
      series: task.entries.map { entry in
        LineChart.Series(
          cell: entry.model.cell, color: page.color(of: entry.model.cell), curves: entry.runs.map(\.curve),
          x: { Double($0.step) })
      }, marks: [.init(y: baseline, label: "remembers nothing")])
  }

  /// Below this a gradient is not told from none.
  private static let smallestFlow = 1e-12

  private func flow(_ page: ComparisonPage, _ title: String, _ values: (GradientFlow) -> [Double]) -> LineChart {
    let all = flows.flatMap { values($0.flow) }.filter { $0.isFinite && $0 > Self.smallestFlow }
    let longest = flows.map { values($0.flow).count - 1 }.max() ?? 1
    return LineChart(
      title: title, x: Axis("k, steps back", 0...Double(max(1, longest))),
      y: Axis(
        "‖∂loss/∂h(t−k)‖ / ‖∂loss/∂h(t)‖", min(0.1, all.min() ?? 0.1) * 0.5...max(1, all.max() ?? 1) * 2,
        scale: .logarithmic),
      series: flows.map { cell, flow in
        LineChart.Series(
          name: cell.rawValue, color: page.color(of: cell), runs: [],
          mean: values(flow).enumerated().map { LineChart.Point(x: Double($0), y: $1) })
      })
  }
}
