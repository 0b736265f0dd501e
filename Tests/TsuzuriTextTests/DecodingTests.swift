import CICU
import Testing

@testable import TsuzuriText

@Suite struct DecodingTests {
  static let japanese = """
    　吾輩は猫である。名前はまだ無い。
    どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で「ニャーニャー」泣いていた事だけは記憶している。
    """
  static let encodings = ["UTF-8", "UTF-16LE", "UTF-16BE", "Shift_JIS", "EUC-JP", "ISO-2022-JP"]

  /// The text in an encoding, by ICU.
  static func bytes(_ text: String, _ encoding: String) throws -> [UInt8] {
    var target = [CChar](repeating: 0, count: text.utf16.count * 8 + 64)
    var status: Int32 = 0
    let count = tz_convert_from_units(
      encoding, &target, Int32(target.count), Array(text.utf16), Int32(text.utf16.count), &status)
    try #require(tz_failed(status) == 0, "\(encoding): \(String(cString: tz_error_name(status)))")
    return target.prefix(Int(count)).map { UInt8(bitPattern: $0) }
  }

  @Test(arguments: encodings, ["auto", "named"])
  func japaneseIsReadInEachEncoding(encoding: String, choice: String) throws {
    let long = String(repeating: Self.japanese + "\nLSTM 1997年\n", count: 4000)
    let short = ["猫である。", "坊っちゃん\n", "これはabcです", Self.japanese]
    for text in short + [long] {
      let source = TextSource.bytes(try Self.bytes(text, encoding), name: "text")
      let options = TextOptions(encoding: choice == "auto" ? "auto" : encoding)
      for sizes in [BufferSizes(), BufferSizes(readBytes: 3, blockUnits: 10)] {
        if text == long, sizes.readBytes == 3 { continue }
        #expect(try normalizedText(of: source, options, sizes: sizes) == text)
      }
    }
  }

  @Test func aByteOrderMarkDecidesAndGoes() throws {
    for (mark, encoding) in [
      ([0xEF, 0xBB, 0xBF], "UTF-8"), ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
      ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"),
    ] as [([UInt8], String)] {
      let source = TextSource.bytes(mark + (try Self.bytes("ねこ", encoding)), name: "text")
      #expect(try normalizedText(of: source) == "ねこ")
      #expect(try normalizedText(of: source, TextOptions(encoding: encoding)) == "ねこ")
    }
    // In a string U+FEFF is a character.
    #expect(try normalizedText(of: .text("\u{FEFF}a")).unicodeScalars.map(\.value) == [0xFEFF, 0x61])
  }

  @Test func otherLanguagesAreTold() throws {
    let french = "Le garçon déjà âgé a mangé à l’hôtel où sa mère était née; c’était l’été, près de la forêt."
    #expect(try normalizedText(of: .bytes(try Self.bytes(french, "windows-1252"), name: "fr")) == french)
    let english = "“It’s only a cat,” she said, and it didn’t matter. Don’t you think so? I’d say it’s so."
    #expect(try normalizedText(of: .bytes(try Self.bytes(english, "windows-1252"), name: "en")) == english)
    let chinese = "今天天气很好，我们一起去公园散步，看见很多人在那里唱歌跳舞。孩子们跑来跑去，大家都非常高兴。"
    #expect(try normalizedText(of: .bytes(try Self.bytes(chinese, "GB18030"), name: "zh")) == chinese)
    let utf16 = "Only ASCII, in two bytes each.\n"
    #expect(try normalizedText(of: .bytes(try Self.bytes(utf16, "UTF-16LE"), name: "en")) == utf16)
  }

  @Test func aLongASCIIBeginningDoesNotHideTheEncoding() throws {
    let text = String(repeating: "plain English first\n", count: 30_000) + Self.japanese
    for encoding in ["Shift_JIS", "EUC-JP", "ISO-2022-JP", "UTF-8"] {
      #expect(try normalizedText(of: .bytes(try Self.bytes(text, encoding), name: "t")) == text, "\(encoding)")
    }
  }

  /// SCSU quotes a code unit behind 0E, and UTF-7 spells units in Base64: what they spell may be half of a pair.
  @Test(arguments: [3, 1 << 18])
  func halfOfASurrogatePairIsNoCharacter(readBytes: Int) throws {
    let sizes = BufferSizes(readBytes: readBytes, blockUnits: 10)
    for (encoding, bytes, offset, text) in [
      ("SCSU", [0x61, 0x0E, 0xDB, 0x94, 0x62], 1, "a\u{FFFD}b"),
      ("SCSU", [0x61, 0x62, 0x0E, 0xDC, 0x31], 2, "ab\u{FFFD}"),
      ("SCSU", [0x0E, 0xD8, 0x3D, 0x0E, 0xDC, 0x31, 0x61], nil, "🐱a"),
      ("SCSU", [0x61, 0x0E, 0xD8, 0x3D], 1, "a\u{FFFD}"),
    ] as [(String, [UInt8], Int?, String)] {
      let source = TextSource.bytes(bytes, name: "cat.txt")
      #expect(
        try normalizedText(of: source, TextOptions(encoding: encoding, isLossy: true), sizes: sizes) == text, "\(bytes)"
      )
      let options = TextOptions(encoding: encoding)
      guard let offset else {
        #expect(try normalizedText(of: source, options, sizes: sizes) == text)
        continue
      }
      let unit = bytes.contains(0xDB) ? "DB94" : bytes.contains(0xDC) ? "DC31" : "D83D"
      #expect {
        try normalizedText(of: source, options, sizes: sizes)
      } throws: { error in
        // Cut in its middle, a sequence begins where SCSU's converter does not say.
        let message = "\(error)"
        return (readBytes == 3 ? message.replacing(#/offset \d+/#, with: "offset \(offset)") : message)
          == "cat.txt: the \(encoding) at byte offset \(offset) stands for U+\(unit), half of a surrogate pair, where "
          + "its other half is missing. Name the right encoding with '--encoding', or put U+FFFD in place of such halves "
          + "with '--lossy'."
      }
    }
  }

  @Test func invalidBytesAreReportedWithTheirOffset() throws {
    let cases: [(encoding: String, bytes: [UInt8], message: String)] = [
      (
        "UTF-8", Array("ねこ".utf8) + [0xE3, 0x81] + Array("a".utf8),
        "cat.txt: the bytes E3 81 at byte offset 6 mean nothing in UTF-8."
      ),
      ("UTF-8", Array("ab".utf8) + [0xFF], "cat.txt: the byte FF at byte offset 2 means nothing in UTF-8."),
      ("UTF-8", [0xED, 0xA0, 0x80], "cat.txt: the byte ED at byte offset 0 means nothing in UTF-8."),
      ("UTF-8", [0x61, 0xF0, 0x9F, 0x90], "cat.txt: the bytes F0 9F 90 at byte offset 1 mean nothing in UTF-8."),
      ("Shift_JIS", [0x94, 0x4C, 0x81, 0x20], "cat.txt: the byte 81 at byte offset 2 means nothing in Shift_JIS."),
      ("EUC-JP", [0xC7, 0xAD, 0xC7], "cat.txt: the byte C7 at byte offset 2 means nothing in EUC-JP."),
      (
        "UTF-16LE", [0x61, 0x00, 0x3D, 0xD8, 0x62, 0x00],
        "cat.txt: the bytes 3D D8 at byte offset 2 mean nothing in UTF-16LE."
      ),
      (
        "UTF-16BE", [0x00, 0x61, 0xDC, 0x00, 0x00, 0x62],
        "cat.txt: the bytes DC 00 at byte offset 2 mean nothing in UTF-16BE."
      ),
      ("UTF-16LE", [0x61, 0x00, 0x62], "cat.txt: the byte 62 at byte offset 2 means nothing in UTF-16LE."),
    ]
    let advice =
      " Name the right encoding with '--encoding', or put U+FFFD in place of such bytes with '--lossy'."
    for (encoding, bytes, message) in cases {
      for read in [1, 2, 3, 1000] {
        let error = #expect(throws: TextError.self) {
          try normalizedText(
            of: .bytes(bytes, name: "cat.txt"), TextOptions(encoding: encoding),
            sizes: BufferSizes(readBytes: read, blockUnits: 100))
        }
        #expect(error?.description == message + advice, "read \(read)")
      }
    }
  }

  @Test func offsetsAreExactWhateverIsReadAtOnce() throws {
    for encoding in ["UTF-8", "Shift_JIS", "EUC-JP", "GB18030", "UTF-16LE"] {
      for seed in 0..<200 {
        var generator = SplitMix(seed: UInt64(seed))
        var bytes = try Self.bytes("猫がabcいる。", encoding)
        for _ in 0..<3 {
          bytes.insert(UInt8.random(in: 0x80...0xFF, using: &generator), at: Int.random(in: 0..<12, using: &generator))
        }
        func failure(_ read: Int) -> String {
          do {
            return try normalizedText(
              of: .bytes(bytes, name: "t"), TextOptions(encoding: encoding),
              sizes: BufferSizes(readBytes: read, blockUnits: 100))
          } catch {
            return "\(error)"
          }
        }
        func lossy(_ read: Int) throws -> String {
          try normalizedText(
            of: .bytes(bytes, name: "t"), TextOptions(encoding: encoding, isLossy: true, normalization: .none),
            sizes: BufferSizes(readBytes: read, blockUnits: 100))
        }
        for read in [1, 2, 5] {
          #expect(failure(read) == failure(1000), "\(encoding), seed \(seed), read \(read)")
          #expect(try lossy(read) == lossy(1000), "\(encoding), seed \(seed), read \(read)")
        }
      }
    }
  }

  @Test func brokenUTF8IsReportedAndNotTakenForSomethingElse() throws {
    for (bytes, offset) in [
      (Array("吾輩は猫である。".utf8) + [0x80] + Array("名前はまだ無い。".utf8), 24), (Array("hello ".utf8) + [0xFF, 0x21], 6),
      (Array("café".utf8) + [0xC3], 5),
    ] {
      let error = #expect(throws: TextError.self) { try normalizedText(of: .bytes(bytes, name: "t")) }
      let expected = TextError.invalidBytes(name: "t", offset: offset, bytes: [bytes[offset]], encoding: "UTF-8")
      #expect(error == expected)
      #expect(
        areIdentical(
          try normalizedText(of: .bytes(bytes, name: "t"), TextOptions(isLossy: true)),
          String(decoding: bytes, as: UTF8.self)))
    }
  }

  @Test func lossyUTF8IsWhatTheStandardLibraryMakesOfIt() throws {
    for seed in 0..<500 {
      var generator = SplitMix(seed: UInt64(seed))
      var bytes = Array(AwkwardText.anyScalars(40, using: &generator).utf8)
      for _ in 0..<10 {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        if Bool.random(using: &generator) {
          bytes[index] = UInt8.random(in: 0...255, using: &generator)
        } else {
          bytes.remove(at: index)
        }
      }
      let options = TextOptions(encoding: "UTF-8", isLossy: true, normalization: .none)
      let found = try normalizedText(
        of: .bytes([0x61] + bytes, name: "t"), options, sizes: BufferSizes(readBytes: 1 + seed % 50, blockUnits: 100))
      #expect(areIdentical(found, String(decoding: [0x61] + bytes, as: UTF8.self)), "seed \(seed)")
    }
  }

  @Test func loneSurrogatesBecomeOneReplacementEach() throws {
    let bytes: [UInt8] = [0x61, 0x00, 0x3D, 0xD8, 0x62, 0x00, 0x00, 0xDC, 0x3D, 0xD8, 0x00, 0xDE]
    let options = TextOptions(encoding: "UTF-16LE", isLossy: true)
    #expect(try normalizedText(of: .bytes(bytes, name: "t"), options) == "a\u{FFFD}b\u{FFFD}😀")
  }

  @Test func anUnknownEncodingIsSaidToBeOne() throws {
    for name in ["Shift-JIZZ", ""] {
      let error = #expect(throws: TextError.self) {
        try normalizedText(of: .bytes([0x61], name: "t"), TextOptions(encoding: name))
      }
      #expect(
        error?.description == "'\(name)' is no encoding that ICU knows. "
          + "Use 'auto', or a name such as UTF-8, UTF-16LE, Shift_JIS or EUC-JP.")
    }
  }
}
