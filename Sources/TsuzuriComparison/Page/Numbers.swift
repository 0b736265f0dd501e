internal import Foundation

/// Numbers in a page, the same in every locale.
enum Numbers {
  /// So many decimals.
  static func decimals(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// As short as a tick can be.
  static func short(_ value: Double) -> String {
    func trimmed(_ value: Double) -> String {
      let text = String(format: "%.6f", value)
      return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
    }
    return switch abs(value) {
    case 0: "0"
    case 1e6...: trimmed(value / 1e6) + " M"
    case 1e4...: trimmed(value / 1e3) + " k"
    default: trimmed(value)
    }
  }

  /// So many digits that say something: `0.0021`, `1e-05`.
  static func digits(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)g", value) }

  /// `12,345`.
  static func grouped(_ value: Double) -> String {
    var digits = String(format: "%.0f", value)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }

  /// `⁻⁶`.
  static func superscript(_ value: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (value < 0 ? "⁻" : "") + String(value.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
  }

  /// `1.506 ± 0.004`, or `–` where there is nothing.
  static func spread(_ value: MeanAndDeviation?, _ digits: Int) -> String {
    guard let value else { return "–" }
    return decimals(value.mean, digits) + (value.deviation.map { " ± " + decimals($0, digits) } ?? "")
  }
}
