internal import Foundation

/// One direction of a chart: which values it shows, where they stand, and which of them are named.
struct Axis {
  /// How values are laid out.
  enum Scale { case linear, logarithmic }

  let scale: Scale
  let range: ClosedRange<Double>
  /// What the axis counts.
  let label: String

  /// An axis over `range`, which need not be more than a point.
  init(_ label: String, _ range: ClosedRange<Double>, scale: Scale = .linear) {
    self.label = label
    self.scale = scale
    if range.lowerBound < range.upperBound {
      self.range = range
    } else if scale == .logarithmic {
      self.range = range.lowerBound / 2...range.upperBound * 2
    } else {
      let margin = max(abs(range.lowerBound) * 0.1, 1e-3)
      self.range = range.lowerBound - margin...range.upperBound + margin
    }
  }

  /// Where a value stands, from 0 to 1.
  func place(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic: (log10(value) - log10(range.lowerBound)) / (log10(range.upperBound) - log10(range.lowerBound))
    }
  }

  /// The values that are named: round ones, at most eight.
  var ticks: [Double] {
    switch scale {
    case .linear:
      let step = Self.roundStep(atLeast: (range.upperBound - range.lowerBound) / 6)
      // A rounding error must not cost the last one.
      let first = (range.lowerBound / step - 1e-9).rounded(.up)
      let last = (range.upperBound / step + 1e-9).rounded(.down)
      return stride(from: first, through: last, by: 1).map { $0 * step }
    case .logarithmic:
      let first = Int(log10(range.lowerBound).rounded(.up))
      let last = Int(log10(range.upperBound).rounded(.down))
      return stride(from: last, through: first, by: -max(1, (last - first + 6) / 7)).reversed().map {
        pow(10, Double($0))
      }
    }
  }

  /// The smallest of 1, 2, 5, 10 … times a power of ten that is not below `value`.
  static func roundStep(atLeast value: Double) -> Double {
    let power = pow(10, floor(log10(value)))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
  }

  /// A named value as a person reads it: `0.25`, `1,500`, `20 k`, `10⁻⁶`.
  func text(_ value: Double) -> String {
    if scale == .logarithmic {
      let exponent = Int(log10(value).rounded())
      return (-2...3).contains(exponent) ? Numbers.short(value) : "10" + Numbers.superscript(exponent)
    }
    return Numbers.short(value)
  }
}
