import CICU

/// What a segment is.
public enum SegmentKind: Sendable {
  /// A stretch of the text.
  case text
  /// The end of a line, at the whitespace level only; its buffer is empty.
  case lineEnd
}

/// Cuts blocks of text into segments. It serves one thread at a time; make one for each.
public final class Segmenter {
  /// What the segmenter cuts by.
  public let options: SegmentationOptions
  private let iterator: OpaquePointer?
  private var utf8: [UInt8] = []

  /// Opens ICU's rules for the level and the locale.
  ///
  /// - Throws: `TextError` where ICU cannot open them.
  public init(_ options: SegmentationOptions) throws {
    self.options = options
    guard options.level == .character || options.level == .word else {
      iterator = nil
      return
    }
    var status: Int32 = 0
    iterator =
      options.level == .word
      ? tz_ubrk_open_words(options.locale, &status) : tz_ubrk_open_characters(options.locale, &status)
    if tz_failed(status) != 0 {
      throw TextError.icu(operation: "open a break iterator", code: String(cString: tz_error_name(status)))
    }
  }

  deinit {
    if let iterator { tz_ubrk_close(iterator) }
  }

  /// Calls `body` with each segment of the block in order, as UTF-8 that is valid during the call.
  ///
  /// - Throws: what `body` throws.
  public func forEachSegment(
    in block: TextBlock, _ body: (UnsafeBufferPointer<UInt8>, SegmentKind) throws -> Void
  ) throws {
    if options.level == .byte {
      try block.bytes.withUnsafeBufferPointer { bytes in
        for index in bytes.indices { try body(UnsafeBufferPointer(rebasing: bytes[index..<index + 1]), .text) }
      }
      return
    }
    if options.level == .whitespace {
      let text = String(decoding: block.units, as: UTF16.self)
      let empty = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      if !block.endsInUnfinishedLine { lines.removeLast() }
      for line in lines {
        for word in line.split(whereSeparator: \.isWhitespace) {
          try Array(word.utf8).withUnsafeBufferPointer { try body($0, .text) }
        }
        try body(empty, .lineEnd)
      }
      return
    }
    try block.units.withUnsafeBufferPointer { units in
      var status: Int32 = 0
      tz_ubrk_set_text(iterator, units.baseAddress, Int32(units.count), &status)
      var start = Int(tz_ubrk_first(iterator))
      var isSpaceHeld = false
      func emit(_ end: Int) throws {
        try Array(String(decoding: units[start..<end], as: UTF16.self).utf8).withUnsafeBufferPointer {
          try body($0, .text)
        }
        start = end
      }
      var from = start
      while case let end = Int(tz_ubrk_next(iterator)), end >= 0 {
        if options.level == .word {
          if isSpaceHeld, tz_ubrk_rule_status(iterator) < 100 { try emit(from) }
          isSpaceHeld = end == from + 1 && units[from] == 0x20
          from = end
          if isSpaceHeld, end < units.count { continue }
        }
        try emit(end)
      }
    }
  }
}
