import Tsuzuri
import TsuzuriComparison

/// A comparison's progress in one line.
final class ComparisonView {
  private let screen: Screen

  init(_ screen: Screen) { self.screen = screen }

  /// Shows one event.
  func show(_ event: ComparisonEvent) {
    screen.show { _ in
      var parts = [
        "run \(event.finishedRuns + 1)/\(event.runs)", event.cell.rawValue, event.task, "seed \(event.seed)",
        "\(Int(event.progress * 100)) %",
      ].compactMap(\.self)
      if let loss = event.loss { parts.append("loss \(Figures.decimals(loss, 4))") }
      return parts.joined(separator: "  ")
    }
  }
}
