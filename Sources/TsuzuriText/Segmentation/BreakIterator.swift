import CICU

/// ICU's iterator over the boundaries of a text, for one thread at a time.
final class BreakIterator {
  private let iterator: OpaquePointer

  /// - Throws: `TextError.unknownLocale`, or `TextError.icu` where ICU's rules are missing.
  init(_ options: SegmentationOptions) throws {
    var status: Int32 = 0
    let isRoot = ["", "root", "und"].contains(options.locale)
    if !isRoot, tz_iso3_language(options.locale).pointee == 0 {
      throw TextError.unknownLocale(options.locale)
    }
    let opened =
      options.level == .word
      ? tz_ubrk_open_words(options.locale, &status) : tz_ubrk_open_characters(options.locale, &status)
    guard let opened, tz_failed(status) == 0 else {
      throw TextError.icu(operation: "open its break rules", code: String(cString: tz_error_name(status)))
    }
    iterator = opened
  }

  deinit { tz_ubrk_close(iterator) }

  /// Whether the segment that `next` found last is a word: letters, digits, kana or ideographs.
  var isWord: Bool { tz_ubrk_rule_status(iterator) >= 100 }

  /// Begins a text, which must stay where it is while its boundaries are asked for.
  func begin(_ units: UnsafeBufferPointer<UInt16>) throws {
    var status: Int32 = 0
    tz_ubrk_set_text(iterator, units.baseAddress, Int32(units.count), &status)
    if tz_failed(status) != 0 {
      throw TextError.icu(operation: "segment a text", code: String(cString: tz_error_name(status)))
    }
    _ = tz_ubrk_first(iterator)
  }

  /// The next boundary behind the beginning; nil behind the end.
  func next() -> Int? {
    let boundary = tz_ubrk_next(iterator)
    return boundary < 0 ? nil : Int(boundary)
  }
}
