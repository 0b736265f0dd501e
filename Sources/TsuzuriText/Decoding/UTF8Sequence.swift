/// The bytes that stand together at one place of a text in UTF-8.
///
/// Source: the Unicode Standard 15.0, table 3-7 for what is well formed, section 3.9 for how long the rest is.
package enum UTF8Sequence: Equatable, Sendable {
  /// A scalar.
  case wellFormed(length: Int)
  /// No scalar, whatever follows: as long as it could have become one (a maximal subpart), at least one byte.
  case illFormed(length: Int)
  /// A scalar of which the last bytes are missing, as the text ends before them.
  case unfinished(length: Int, missing: Int)

  /// What stands at the beginning of `bytes`.
  ///
  /// - Precondition: there is a byte.
  package init(atBeginningOf bytes: some Collection<UInt8>) {
    var rest = bytes.makeIterator()
    guard let lead = rest.next() else { preconditionFailure("no byte was given, expected one at least") }
    let whole: Int
    // Some second bytes would make a longer form than needed, a surrogate, or more than U+10FFFF.
    var expected: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0x00...0x7F: whole = 1
    case 0xC2...0xDF: whole = 2
    case 0xE0: (whole, expected) = (3, 0xA0...0xBF)
    case 0xED: (whole, expected) = (3, 0x80...0x9F)
    case 0xE1...0xEF: whole = 3
    case 0xF0: (whole, expected) = (4, 0x90...0xBF)
    case 0xF4: (whole, expected) = (4, 0x80...0x8F)
    case 0xF1...0xF3: whole = 4
    default:
      self = .illFormed(length: 1)
      return
    }
    for length in 1..<whole {
      guard let byte = rest.next() else {
        self = .unfinished(length: length, missing: whole - length)
        return
      }
      guard expected.contains(byte) else {
        self = .illFormed(length: length)
        return
      }
      expected = 0x80...0xBF
    }
    self = .wellFormed(length: whole)
  }

  /// How many bytes there are.
  package var length: Int {
    switch self {
    case .wellFormed(let length), .illFormed(let length), .unfinished(let length, _): length
    }
  }

  /// The scalar that the end of `bytes` cuts short, if it does: how many bytes are there, and how many are missing.
  package static func cut(atEndOf bytes: some BidirectionalCollection<UInt8>) -> (length: Int, missing: Int)? {
    // It has three bytes at the most, of which the first is the only one that does not continue another.
    guard let lead = bytes.suffix(3).lastIndex(where: { $0 & 0xC0 != 0x80 }),
      case .unfinished(let length, let missing) = UTF8Sequence(atBeginningOf: bytes[lead...])
    else { return nil }
    return (length, missing)
  }
}
