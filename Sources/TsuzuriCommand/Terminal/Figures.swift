import Foundation

/// Numbers as a person reads them, the same in every locale.
enum Figures {
  /// `1,234,567`.
  static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.append(String(digits.suffix(3)))
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups.reversed()).joined(separator: ",")
  }

  /// A rate, without decimals where they say nothing.
  static func rate(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "-" }
    return value < 100 ? decimals(value, 1) : count(Int(value.rounded()))
  }

  /// So many decimals.
  static func decimals(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "\(value)"
  }

  /// A number of any size, with four digits that count.
  static func short(_ value: Double) -> String { String(format: "%.4g", value) }

  /// A perplexity: three decimals while they matter.
  static func perplexity(ofLoss loss: Double) -> String {
    let value = exp(loss)
    if value.isNaN { return "nan" }
    return value < 1000 ? decimals(value, value < 100 ? 2 : 1) : value < 1e9 ? count(Int(value)) : "over 10^9"
  }

  /// `0:42`, `12:05`, `3:07:00`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "-" }
    let whole = Int(max(seconds, 0).rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }

  /// `12.3 MB`.
  static func bytes(_ value: Int) -> String {
    switch value {
    case ..<1_000: "\(value) bytes"
    case ..<1_000_000: "\(decimals(Double(value) / 1e3, 1)) KB"
    case ..<1_000_000_000: "\(decimals(Double(value) / 1e6, 1)) MB"
    default: "\(decimals(Double(value) / 1e9, 2)) GB"
    }
  }
}
