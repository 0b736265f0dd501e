/// Turns tokens into text one by one, as a model writes them.
///
/// Text comes out as soon as its UTF-8 is whole: only the bytes of an unfinished scalar wait for the next token.
/// Bytes that can never become a scalar come out as U+FFFD, one for each maximal part of a sequence (Unicode 15.0,
/// section 3.9), so that the pieces together are what decoding all at once gives.
public struct StreamingDecoder: Sendable {
  private var joiner: TokenJoiner
  private var pending: [UInt8] = []

  init(vocabulary: Vocabulary, after previous: Int32? = nil) {
    joiner = TokenJoiner(vocabulary: vocabulary, after: previous)
  }

  /// Adds a token and returns the text that is now whole, which may be empty.
  ///
  /// - Precondition: `id` is one of the vocabulary's.
  public mutating func append(_ id: Int32) -> String {
    joiner.append(id, to: &pending)
    let whole = pending.count - Self.unfinishedTail(of: pending)
    let text = String(decoding: pending[..<whole], as: UTF8.self)
    pending.removeSubrange(..<whole)
    return text
  }

  /// Ends the text: what still waited is no scalar and comes out as U+FFFD.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end begin a scalar without finishing it: 0 to 3.
  private static func unfinishedTail(of bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed = lead >= 0xF5 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1
      guard needed > length else { return 0 }
      return length == 1 || isSecondByte(bytes[bytes.count - length + 1], after: lead) ? length : 0
    }
    return 0
  }

  /// Whether `byte` can follow `lead`: some would make an overlong form, a surrogate, or more than U+10FFFF.
  ///
  /// Source: Unicode 15.0, table 3-7.
  private static func isSecondByte(_ byte: UInt8, after lead: UInt8) -> Bool {
    switch lead {
    case 0xE0: byte >= 0xA0
    case 0xED: byte < 0xA0
    case 0xF0: byte >= 0x90
    case 0xF4: byte < 0x90
    default: true
    }
  }
}
