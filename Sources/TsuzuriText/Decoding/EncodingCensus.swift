/// How many of a sample's sequences beyond ASCII are well-formed UTF-8.
struct UTF8Census {
  private(set) var wellFormed = 0
  private(set) var illFormed = 0

  init(_ sample: UnsafeBufferPointer<UInt8>, isWhole: Bool) {
    var index = 0
    while index < sample.count {
      if sample[index] < 0x80 {
        index += 1
        continue
      }
      let sequence = UTF8Sequence(atBeginningOf: sample[index...])
      switch sequence {
      case .wellFormed: wellFormed += 1
      case .illFormed: illFormed += 1
      case .unfinished: illFormed += isWhole ? 1 : 0
      }
      index += sequence.length
    }
  }
}

/// How much of a text beyond ASCII looks like running Japanese.
///
/// A wrong encoding gives half-width katakana, rare kanji, private characters, and single kanji between Latin letters
/// (a typographic apostrophe and the letter after it, read as Shift_JIS); and a longer text without kana is Chinese.
struct JapaneseCensus {
  /// From 0 to 1.
  let share: Double

  init(_ units: UnsafeBufferPointer<UInt16>) {
    var beyond = 0
    var familiar = 0
    var kana = 0
    for index in units.indices where units[index] >= 0x80 {
      beyond += 1
      if (0x3041...0x30FE).contains(units[index]) { kana += 1 }
      switch units[index] {
      case 0x3000...0x30FE, 0x4E00...0x9FFF, 0xFF01...0xFF5E, 0x2010...0x203B:
        let before = index > 0 ? units[index - 1] : 0x0A
        let after = index + 1 < units.count ? units[index + 1] : 0x0A
        if before >= 0x80 || after >= 0x80 || !(Self.isLetter(before) || Self.isLetter(after)) { familiar += 1 }
      default: break
      }
    }
    let isChinese = beyond > 20 && 50 * kana < beyond
    share = beyond == 0 || isChinese ? 0 : Double(familiar) / Double(beyond)
  }

  private static func isLetter(_ unit: UInt16) -> Bool {
    (0x41...0x5A).contains(unit & 0xFFDF)
  }
}
