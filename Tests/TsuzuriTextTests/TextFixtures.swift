import Foundation
import TsuzuriText
import _TestSupport

/// Reads a source to its end and cuts it into segments; `<eos>` stands for the end of a line.
func segments(
  of source: TextSource, _ segmentation: SegmentationOptions, text: TextOptions = TextOptions(),
  sizes: BufferSizes = BufferSizes()
) throws -> [String] {
  var reader = try TextBlockReader(source, text: text, segmentation: segmentation, sizes: sizes)
  let segmenter = try Segmenter(segmentation, runScalars: sizes.runScalars)
  var found: [String] = []
  while let block = try reader.next() {
    try segmenter.forEachSegment(in: block) { bytes, kind in
      found.append(kind == .lineEnd ? "<eos>" : String(decoding: bytes, as: UTF8.self))
    }
  }
  return found
}

/// The text of a source as the stages before segmentation leave it.
func normalizedText(
  of source: TextSource, _ options: TextOptions = TextOptions(), sizes: BufferSizes = BufferSizes()
) throws -> String {
  var reader = try TextBlockReader(
    source, text: options, segmentation: SegmentationOptions(level: .character), sizes: sizes)
  var units: [UInt16] = []
  while let block = try reader.next() { units += block.units }
  return String(decoding: units, as: UTF16.self)
}

/// Whether two strings are the same scalars; `==` takes canonically equivalent ones for equal.
func areIdentical(_ first: String, _ second: String) -> Bool {
  first.unicodeScalars.elementsEqual(second.unicodeScalars)
}

/// SplitMix64: repeatable randomness for texts that are made up.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Texts made up of what is awkward to cut.
enum AwkwardText {
  static let pieces: [String] = [
    "a", "Z", "é", "e\u{301}", "\u{308}", "1", "3.14", "can't", "a:b", "x_y", "U.S.", ",", ".", "'", "\"", ":", "_",
    "-",
    " ", "  ", "\t", "\n", "\r\n", "\r", "\u{3000}", "\u{A0}", "\u{2028}", "\u{85}", "\u{B}", "\u{200B}", "\u{200D}",
    "あ", "の", "を", "猫", "外国人", "参政権", "カ", "ー", "タワー", "ｶﾞ", "か\u{3099}", "は\u{309A}", "、", "。", "「", "」", "々",
    "ไทย", "ภาษา", "กำ", "ນ", "မြန်မာ", "ខ្មែរ", "क", "क्ष", "क\u{94D}", "ि", "ন্ত", "ക്ഷ", "நி",
    "한", "국어", "\u{1112}", "\u{1161}", "\u{11AB}", "\u{A960}", "\u{D7B0}",
    "🇯🇵", "🇺", "🇸🇫", "👩‍👩‍👧", "👍🏽", "1️⃣", "❤️", "☕", "😀", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "©", "™",
    "א", "ב״ג", "ع", "\u{600}", "\u{70F}", "\u{0}", "\u{AD}", "\u{FEFF}", "\u{FFFD}", "𠮷", "𝒜", "𑄃𑄳", "\u{E0001}",
    "\u{2060}", "２", "Ａ", "①", "ﬁ",
  ]

  static func make(pieces count: Int, using generator: inout SplitMix) -> String {
    var text = ""
    while text.unicodeScalars.count < count {
      // Now and then a run of the same, so that long stretches come about too.
      let piece = pieces.randomElement(using: &generator)!
      let times = Int.random(in: 0..<8, using: &generator) == 0 ? Int.random(in: 2..<12, using: &generator) : 1
      for _ in 0..<times { text.unicodeScalars.append(contentsOf: piece.unicodeScalars) }
    }
    return text
  }

  /// Scalars from all planes, each with the same chance in its plane.
  static func anyScalars(_ count: Int, using generator: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<count {
      let limits: [UInt32] = [0x80, 0x800, 0x3100, 0x10000, 0x20000, 0x110000]
      let value = UInt32.random(in: 0..<limits.randomElement(using: &generator)!, using: &generator)
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}

/// Real text that is not part of the project.
enum Corpora {
  /// The path of a corpus; nil, with a line that says so, where it is missing.
  static func path(_ name: String) -> String? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folders: [String?] = [
      ProcessInfo.processInfo.environment["TSUZURI_CORPORA"], root.appending(path: "shared/corpora").path,
    ]
    for folder in folders.compactMap({ $0 }) {
      let path = folder + "/" + name
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    print("skipped: \(name) is in neither TSUZURI_CORPORA nor ../shared/corpora")
    return nil
  }
}
