import Foundation

/// A JSON value whose keys stand in the order in which they were given.
enum JSON {
  case object([(String, JSON)])
  case array([JSON])
  case string(String)
  case number(Double)
  case whole(Int)
  case unsigned(UInt64)
  case null
  /// What is JSON already.
  case encoded(String)

  /// A number, or null.
  static func optional(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

  /// Any value that can be encoded.
  static func encoding(_ value: some Encodable) throws -> JSON {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return .encoded(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The value in one line.
  var text: String {
    switch self {
    case .object(let fields):
      "{" + fields.map { "\(Self.quoted($0)): \($1.text)" }.joined(separator: ", ") + "}"
    case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    case .string(let text): Self.quoted(text)
    // JSON has no infinity.
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .whole(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .null: "null"
    case .encoded(let text): text
    }
  }

  /// A JSON string: control characters are escaped, and what programs take for line ends.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
