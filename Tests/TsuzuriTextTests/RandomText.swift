import _TestSupport

/// Texts of everything that tokenizers stumble over, side by side.
enum RandomText {
  private static let pieces: [String] = [
    "吾輩は猫である。", "The cat sat", " ", "  ", "      ", "\u{3000}", "\n\u{3000}", "\n", "\r\n", "\r", "\t", "が",
    "か\u{3099}", "ハ\u{309A}", "e\u{301}", "é", "👩‍👩‍👧‍👦", "1\u{FE0F}\u{20E3}", "🇯🇵", "🇯", "한", "\u{1112}\u{1161}",
    "<eos>", "<unk>", "<0x41>", "\\n", "\u{FEFF}", "\u{200D}", "\u{FFFE}", "\u{10FFFF}", "\u{E0001}", "ﾊﾟ", "\u{0}",
    "カ゛", "don't", "3.14", "https://example.org/a?b", "\u{301}", "\u{85}", "\u{2028}", "々", "㍿", "𠮷", "葛\u{E0100}",
  ]

  /// Up to `length` pieces; a third of them are single scalars from all planes, assigned or not.
  static func make(length: Int, using generator: inout SplitMix64) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...length, using: &generator) {
      if Int.random(in: 0..<3, using: &generator) == 0 {
        text.unicodeScalars.append(scalar(using: &generator))
      } else {
        text += pieces.randomElement(using: &generator) ?? ""
      }
    }
    return text
  }

  private static func scalar(using generator: inout SplitMix64) -> Unicode.Scalar {
    while true {
      let plane = UInt32.random(in: 0...16, using: &generator)
      if let scalar = Unicode.Scalar(plane << 16 | UInt32.random(in: 0...0xFFFF, using: &generator)) { return scalar }
    }
  }
}
