/// A JSON object that carries a checksum of itself: `"checksum" : "…"`, 16 hexadecimal digits, which stands before any other
/// field of that name.
///
/// The checksum is that of the file's bytes with zeros in place of the digits, so that whoever does not know a field
/// still sees whether it is whole.
package enum SealedJSON {
  /// What stands in place of the digits while they are not known.
  package static let placeholder = "0000000000000000"

  private static let key = Array("\"checksum\"".utf8)

  /// How the checksum that a text carries compares with its own.
  package enum Finding: Equatable {
    /// It carries none: somebody wrote it by hand, or another version did.
    case none
    case whole
    case other(expected: String, found: String)
  }

  /// Fills in the digits for the ``placeholder``.
  package static func seal(_ json: inout [UInt8]) {
    guard let digits = digits(in: json) else { return }
    json.replaceSubrange(digits, with: checksum(of: json, without: digits).utf8)
  }

  /// Compares.
  package static func check(_ json: [UInt8]) -> Finding {
    guard let digits = digits(in: json) else { return .none }
    let expected = String(decoding: json[digits], as: UTF8.self)
    let found = checksum(of: json, without: digits)
    return expected == found ? .whole : .other(expected: expected, found: found)
  }

  /// The longest string that is read, in bytes: that of a path.
  package static let stringLimit = 4096

  /// The length of the first string that is longer than ``stringLimit``, if there is one.
  ///
  /// Strings are hashed and compared, for which Swift sorts the marks of a character one by one: a megabyte of them takes
  /// minutes.
  ///
  /// - Parameter isKey: whether only keys count, where values may be texts of any length.
  package static func longString(in json: [UInt8], isKey: Bool = false) -> Int? {
    var start: Int?
    var isEscaped = false
    for (index, byte) in json.enumerated() {
      guard let begin = start else {
        if byte == UInt8(ascii: "\"") { start = index + 1 }
        continue
      }
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        if index - begin > stringLimit, !isKey || isFollowedByColon(index, in: json) { return index - begin }
        start = nil
      }
    }
    return start.flatMap { json.count - $0 > stringLimit && !isKey ? json.count - $0 : nil }
  }

  private static func isFollowedByColon(_ index: Int, in json: [UInt8]) -> Bool {
    json[(index + 1)...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: ":")
  }

  private static func checksum(of json: [UInt8], without digits: Range<Int>) -> String {
    var checksum = Checksum()
    json.withUnsafeBytes { bytes in
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<digits.lowerBound]))
      checksum.update(placeholder)
      checksum.update(UnsafeRawBufferPointer(rebasing: bytes[digits.upperBound...]))
    }
    return checksum.value.hexadecimalDigits
  }

  /// Where the digits stand: the string behind the first key of that name. (Inside a string its quotation marks would be
  /// escaped.)
  private static func digits(in json: [UInt8]) -> Range<Int>? {
    guard let key = json.firstRange(of: key) else { return nil }
    var index = key.upperBound
    func skipBlanks() {
      while index < json.count, [0x20, 0x09, 0x0A, 0x0D].contains(json[index]) { index += 1 }
    }
    skipBlanks()
    guard index < json.count, json[index] == UInt8(ascii: ":") else { return nil }
    index += 1
    skipBlanks()
    guard index < json.count, json[index] == UInt8(ascii: "\"") else { return nil }
    let start = index + 1
    guard let end = json[start...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    return start..<end
  }
}
