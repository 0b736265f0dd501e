import Foundation
import Tsuzuri

/// The loss over the learning rate, drawn with the signs that every terminal and every pipe has.
struct LearningRatePlot {
  let curve: LearningRateCurve
  /// How many columns a line may have.
  let columns: Int

  private static let rows = 16
  private static let labelWidth = 7

  private var width: Int { max(20, columns - Self.labelWidth - 1) }

  /// The lines: a `*` for the smoothed loss, a `.` for that of a step, `|` where the suggested rate is.
  var lines: [String] {
    guard curve.points.count > 1 else { return [] }
    var grid = [[Character]](repeating: [Character](repeating: " ", count: width), count: Self.rows)
    if let suggestion = curve.suggestion {
      let column = column(suggestion)
      for row in grid.indices { grid[row][column] = "|" }
    }
    for point in curve.points { draw(".", point.loss, at: point.learningRate, in: &grid) }
    for point in curve.points { draw("*", point.smoothedLoss, at: point.learningRate, in: &grid) }
    let losses = curve.shownLosses
    var lines = [Self.pad("loss", to: Self.labelWidth) + "|"]
    for (row, cells) in grid.enumerated() {
      let share = Double(row) / Double(Self.rows - 1)
      let label =
        row % 5 == 0
        ? Figures.decimals(losses.upperBound - share * (losses.upperBound - losses.lowerBound), 2) + " " : ""
      lines.append(Self.pad(label, to: Self.labelWidth) + "|" + String(cells).trimmingSuffix { $0 == " " })
    }
    lines.append(String(repeating: " ", count: Self.labelWidth) + axis)
    lines.append(ticks)
    return lines
  }

  /// Rates that can be named: the powers of ten, or where there is none within, both ends.
  private var named: [Double] {
    let (first, last) = (log10(curve.points[0].learningRate), log10(curve.points[curve.points.count - 1].learningRate))
    let from = Int((first - 1e-9).rounded(.up))
    let to = Int((last + 1e-9).rounded(.down))
    return from <= to ? (from...to).map { pow(10, Double($0)) } : []
  }

  private var axis: String {
    var line = ["+"] + [Character](repeating: "-", count: width)
    for rate in named { line[column(rate) + 1] = "+" }
    return String(line)
  }

  private var ticks: String {
    var line = ""
    for rate in named {
      let label = Self.text(rate)
      let start = Self.labelWidth + 1 + column(rate) - label.count / 2
      // A label that would touch the one before, or the edge, is left out.
      guard start > line.count || line.isEmpty, start + label.count <= columns else { continue }
      line += String(repeating: " ", count: start - line.count) + label
    }
    let end = "learning rate"
    if line.count + 2 + end.count <= columns {
      return line + String(repeating: " ", count: columns - line.count - end.count) + end
    }
    return line
  }

  private func draw(_ sign: Character, _ loss: Double, at rate: Double, in grid: inout [[Character]]) {
    let losses = curve.shownLosses
    let share = (losses.upperBound - loss) / (losses.upperBound - losses.lowerBound)
    let place = (share * Double(Self.rows - 1)).rounded()
    // What lies above the picture is not drawn: it says no more than that the loss is high, and may be higher than any row
    // has a number.
    guard place >= 0, place < Double(Self.rows) else { return }
    grid[Int(place)][column(rate)] = sign
  }

  private func column(_ rate: Double) -> Int {
    let (first, last) = (curve.points[0].learningRate, curve.points[curve.points.count - 1].learningRate)
    let share = log10(rate / first) / log10(last / first)
    return min(max(Int((share * Double(width - 1)).rounded()), 0), width - 1)
  }

  /// `1e-3`, `0.01`, `10`.
  private static func text(_ rate: Double) -> String {
    let exponent = Int(log10(rate).rounded())
    return exponent < -2 ? "1e\(exponent)" : exponent < 4 ? String(format: "%g", rate) : "1e\(exponent)"
  }

  private static func pad(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension String {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return String(text)
  }
}
