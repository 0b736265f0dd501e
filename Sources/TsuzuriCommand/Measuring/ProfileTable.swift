import TsuzuriKernels

/// The parts of a training step: time, share of the step, and speed where a part is matrix products.
///
/// The time of a part is what its threads spent in it, divided by the number of threads, so that the times of all parts
/// add up to the step's; and the speed is that of all threads together, as the peak is.
struct ProfileTable {
  private struct Row {
    var part: StepProfile.Part
    var seconds: Double
    var share: Double
    /// In operations a second; nil without products.
    var rate: Double?
  }

  private let rows: [Row]
  private let peak: Double

  /// - Parameter peak: the machine's operations a second.
  init(_ run: TrainingBenchmark, threads: Int, peak: Double) {
    self.peak = peak
    rows = StepProfile.Part.allCases.compactMap { part in
      let seconds = (run.nanoseconds[part] ?? 0) / 1e9 / Double(threads)
      guard seconds > 0 || part == .waiting else { return nil }
      let operations = run.products.filter { $0.part == part }.reduce(0) { $0 + $1.operations }
      return Row(
        part: part, seconds: seconds / Double(run.steps), share: seconds / run.seconds,
        rate: operations > 0 ? operations / seconds : nil)
    }
  }

  var json: JSON {
    .array(
      rows.map { row in
        .object([
          ("part", .string(row.part.title)), ("seconds_per_step", .number(row.seconds)), ("share", .number(row.share)),
          ("gflops", .optional(row.rate.map { $0 / 1e9 })), ("peak_share", .optional(row.rate.map { $0 / peak })),
        ])
      })
  }

  var lines: [String] {
    let head = ["part", "ms a step", "% of the step", "GFLOPS", "% of the peak"]
    let cells = rows.map { row in
      [
        row.part.title, Figures.decimals(row.seconds * 1e3, 3), Figures.decimals(row.share * 100, 1),
        row.rate.map { Figures.rate($0 / 1e9) } ?? "", row.rate.map { Figures.decimals(100 * $0 / peak, 1) } ?? "",
      ]
    }
    let width = cells.map { TextWidth.columns(of: $0[0]) }.max() ?? 0
    func line(_ cells: [String]) -> String {
      let figures = zip(cells.dropFirst(), head.dropFirst()).map { cell, title in
        String(repeating: " ", count: max(0, title.count + 2 - cell.count)) + cell
      }
      return cells[0] + String(repeating: " ", count: max(0, width - TextWidth.columns(of: cells[0])))
        + figures.joined()
    }
    return [line(head)] + cells.map(line)
  }
}

extension StepProfile.Part {
  /// The part as a person calls it, which the page "Speed and numerics" explains.
  var title: String {
    switch self {
    case .preparation: "preparation of weights"
    case .lanes: "lanes and state"
    case .lookUp: "look-up"
    case .inputProducts: "input products"
    case .recurrentProducts: "recurrent products"
    case .gates: "gates"
    case .dropout: "dropout"
    case .residual: "residual sums"
    case .outputProducts: "output products"
    case .softmax: "softmax and loss"
    case .clearing: "clearing of gradients"
    case .outputProductsBackward: "output products, backward"
    case .outputBiasBackward: "output bias, backward"
    case .gatesBackward: "gates, backward"
    case .recurrentProductsBackward: "recurrent products, backward"
    case .weightsBackward: "recurrent and input weights, backward"
    case .inputProductsBackward: "input products, backward"
    case .lookUpBackward: "look-up, backward"
    case .dropoutBackward: "dropout, backward"
    case .residualBackward: "residual sums, backward"
    case .reduction: "reduction and clipping"
    case .optimizer: "optimizer"
    case .waiting: "waiting"
    }
  }
}
