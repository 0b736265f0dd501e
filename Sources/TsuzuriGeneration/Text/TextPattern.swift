/// A text that is looked for byte by byte.
///
/// Source: Knuth, Morris & Pratt 1977, "Fast pattern matching in strings".
struct TextPattern: Sendable {
  let bytes: [UInt8]
  /// `borders[n − 1]` is the length of the longest beginning of the first n bytes that ends them too, n not counted.
  private let borders: [Int]
  /// The length of the longest beginning that ends what was read so far, all of it not counted.
  private(set) var matched = 0

  /// - Precondition: the text is not empty.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    precondition(!bytes.isEmpty, "an empty text stands everywhere")
    var borders = [Int](repeating: 0, count: bytes.count)
    var border = 0
    for index in bytes.indices.dropFirst() {
      while border > 0 && bytes[border] != bytes[index] { border = borders[border - 1] }
      if bytes[border] == bytes[index] { border += 1 }
      borders[index] = border
    }
    self.bytes = bytes
    self.borders = borders
  }

  var count: Int { bytes.count }

  /// Reads a byte; whether it completes the text. What follows may overlap with it.
  mutating func advance(_ byte: UInt8) -> Bool {
    let (next, isComplete) = step(from: matched, byte)
    matched = next
    return isComplete
  }

  /// As ``advance(_:)``, for a reader who keeps what was `matched` himself.
  func step(from matched: Int, _ byte: UInt8) -> (matched: Int, isComplete: Bool) {
    var matched = matched
    while matched > 0 && bytes[matched] != byte { matched = borders[matched - 1] }
    if bytes[matched] == byte { matched += 1 }
    return matched == count ? (borders[count - 1], true) : (matched, false)
  }

  /// The next shorter beginning that ends what was read, 0 for none.
  func shorter(_ matched: Int) -> Int { matched > 0 ? borders[matched - 1] : 0 }
}
