import CICU

/// What a scalar can do at a boundary, told coarsely: enough to know places where every text is cut.
enum BreakClass: UInt8 {
  /// U+0020, which belongs to the word after it.
  case blank
  /// Another blank of the Unicode class WSegSpace.
  case space
  case carriageReturn
  /// U+000A and the other ends of a line.
  case newline
  /// Joins what stands before it, or changes what may follow: marks, format characters, ZWJ.
  case extend
  /// Han, kana, and the signs that go with them: divided by dictionary.
  case japanese
  /// The scripts of South East Asia, and signs such as 々: divided by dictionary, and joined to letters by some rules.
  case complexContext
  case regionalIndicator
  /// A sign that ZWJ can join to the one before.
  case pictograph
  /// Letters, digits, and the marks between them.
  case word
  /// `_` and its like, which also join katakana.
  case connector
  /// What nothing joins but a mark: most punctuation and symbols.
  case other
}

/// The classes of all scalars: a table for the basic plane, ICU's properties for the others.
struct BreakClassTable: Sendable {
  private let table: [BreakClass]
  private let classify: @Sendable (Int32) -> BreakClass

  private init(_ classify: @escaping @Sendable (Int32) -> BreakClass) {
    self.classify = classify
    table = (0..<0x10000).map(classify)
  }

  @inline(__always)
  func of(unit: UInt16) -> BreakClass { table[Int(unit)] }

  func of(scalar: Int32) -> BreakClass { scalar < 0x10000 ? table[Int(scalar)] : classify(scalar) }

  /// By Unicode's word break property, script and line break property.
  static let words = BreakClassTable { scalar in
    if scalar == 0x20 { return .blank }
    // ICU 72 takes @ for a letter, so that addresses stay whole.
    if scalar == 0x40 { return .word }
    // Han, Hiragana, Katakana, and both kana.
    let isJapanese = [17, 20, 22, 54].contains(tz_script(scalar))
    switch tz_word_break(scalar) {
    case 8: return .carriageReturn
    case 10, 12: return .newline
    case 2, 9, 21: return .extend
    case 13: return .regionalIndicator
    case 22: return .space
    case 7: return .connector
    case 3: return .japanese
    case 0:
      if tz_line_break(scalar) == 24 { return .complexContext }
      if isJapanese { return .japanese }
      return tz_is_extended_pictographic(scalar) != 0 ? .pictograph : .other
    default: return isJapanese || tz_line_break(scalar) == 24 ? .complexContext : .word
    }
  }

  /// By Unicode's grapheme cluster break property: `.other` and `.newline` are certain to be cut from each other.
  static let characters = BreakClassTable { scalar in
    if scalar & 0x1FF800 == 0xD800 { return .extend }
    switch tz_grapheme_break(scalar) {
    case 2: return .carriageReturn
    case 5, 1: return .newline
    // Precomposed Hangul syllables (6, 7) are joined only by vowels and finals behind them, which are `.word`.
    case 0, 6, 7: return .other
    case 4, 8, 9, 11: return .word
    case 12: return .regionalIndicator
    default: return .extend
    }
  }

  /// Python's `str.split()` cuts at these.
  static let blanks = BreakClassTable { scalar in
    switch scalar {
    case 0x0D: .carriageReturn
    case 0x0A: .newline
    case 0x09...0x0C, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: .blank
    default: .word
    }
  }
}
