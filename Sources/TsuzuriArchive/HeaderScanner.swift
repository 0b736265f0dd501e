/// Reads JSON strictly, piece by piece, as far as a safetensors header can hold it.
///
/// Foundation's `JSONDecoder` hides what must be seen here: of two equal keys it keeps one without a word, it rounds
/// large integers, and it builds the whole tree of a header that may have 100 MB before anything can be refused. Here
/// the caller asks for what the format has at that place, so nesting deeper than the format's own is refused by
/// construction and nothing is stored that the format has no room for.
struct HeaderScanner {
  /// What the scanner stumbled over.
  struct Failure: Error {
    let expected: String
    let found: String
  }

  /// No real file has so many tensors; an entry takes eight bytes of a hostile header, and a hundred of memory.
  private static let keyLimit = 65_536
  /// Keys are hashed and compared as strings, for which Swift sorts the marks of a character one by one: a megabyte of
  /// them takes minutes, and so do 65,536 keys of 4,096 bytes. Real names have some dozen bytes.
  private static let keyBytes = 256

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Reads `{"key": value, …}`; `member` is called with each key and must read the value.
  mutating func object(_ what: String, _ member: (inout HeaderScanner, String) throws -> Void) throws {
    try expect("{", of: what)
    if take("}") { return }
    // Swift compares strings by canonical equivalence: two spellings of é count as one name. Strict, and harmless.
    var keys: Set<String> = []
    repeat {
      guard keys.count < Self.keyLimit else {
        throw Failure(expected: "at most \(Self.keyLimit) keys in \(what)", found: "more")
      }
      let start = offset
      let key = try string("a key of \(what)")
      guard key.utf8.count <= Self.keyBytes else {
        throw Failure(
          expected: "keys of at most \(Self.keyBytes) bytes in \(what)",
          found: "one of \(key.utf8.count) bytes at byte \(start) of the header")
      }
      guard keys.insert(key).inserted else {
        throw Failure(expected: "each key of \(what) once", found: "\(key.shown) twice")
      }
      try expect(":", of: what)
      try member(&self, key)
    } while take(",")
    try expect("}", of: what)
  }

  /// Reads an array of integers of 0 or more, at most `limit` of them.
  mutating func integers(_ what: String, limit: Int) throws -> [Int] {
    try expect("[", of: what)
    if take("]") { return [] }
    var values: [Int] = []
    repeat {
      guard values.count < limit else { throw Failure(expected: "at most \(limit) numbers in \(what)", found: "more") }
      values.append(try integer(what))
    } while take(",")
    try expect("]", of: what)
    return values
  }

  /// Reads a string.
  mutating func string(_ what: String) throws -> String {
    skipBlanks()
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("\(what) (a string)") }
    offset += 1
    var text: [UInt8] = []
    while let byte = peek() {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw Failure(expected: "\(what) in UTF-8", found: "invalid bytes before byte \(offset) of the header")
        }
        return string
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape(what)).utf8)
      case ..<0x20:
        offset -= 1
        throw unexpected("\(what) without control characters")
      default:
        text.append(byte)
      }
    }
    throw unexpected("a closing quotation mark after \(what)")
  }

  /// Demands that only blanks follow.
  mutating func end() throws {
    skipBlanks()
    guard offset == bytes.count else { throw unexpected("nothing but blanks after the header's object") }
  }

  // MARK: - Pieces

  private mutating func integer(_ what: String) throws -> Int {
    skipBlanks()
    let start = offset
    var value = 0
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflowed, !carried else {
        throw Failure(expected: "numbers below 2^63 in \(what)", found: "a larger one at byte \(start) of the header")
      }
      value = sum
      offset += 1
    }
    let hasLeadingZero = offset > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard offset > start, !hasLeadingZero else {
      offset = start
      throw unexpected("an integer of 0 or more in \(what)")
    }
    return value
  }

  private mutating func escape(_ what: String) throws -> Unicode.Scalar {
    let byte = peek()
    offset += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      if (0xD800..<0xDC00).contains(unit), take(exactly: "\\"), take(exactly: "u") {
        let low = try hexUnit()
        if (0xDC00..<0xE000).contains(low),
          let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        {
          return scalar
        }
      }
      throw Failure(expected: "\(what) in Unicode", found: "half a surrogate pair before byte \(offset) of the header")
    default:
      offset -= 1
      throw unexpected("an escape that JSON has")
    }
  }

  private mutating func hexUnit() throws -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw unexpected("four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
      offset += 1
    }
    return unit
  }

  private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func take(exactly character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    return take(exactly: character)
  }

  private mutating func expect(_ character: Unicode.Scalar, of what: String) throws {
    guard take(character) else { throw unexpected("'\(character)' of \(what)") }
  }

  private func unexpected(_ expected: String) -> Failure {
    guard let byte = peek() else { return Failure(expected: expected, found: "the header's end") }
    let shown = (0x20..<0x7F).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "0x\(String(byte, radix: 16))"
    return Failure(expected: expected, found: "\(shown) at byte \(offset) of the header")
  }
}
