import CICU

/// Tells the encoding of a text from a sample of it.
///
/// The rules, in this order; the same bytes always give the same answer:
/// 1. A byte order mark decides (UTF-8, UTF-16, UTF-32).
/// 2. UTF-16 without a mark: more than 3 units in 10 are ASCII, kana or Japanese punctuation in one byte order, none is
///    U+0000 or a lone surrogate, and the bytes are no valid UTF-8 or a quarter of them are zero.
/// 3. ISO-2022-JP: 7-bit bytes with its escape sequences, which it decodes.
/// 4. Valid UTF-8; also where more of its sequences beyond ASCII are well formed than ill formed, so that a file with a
///    broken byte is reported and not taken for something else.
/// 5. EUC-JP or Shift_JIS, where it decodes the sample and half of what is not ASCII looks like running Japanese text.
/// 6. What ICU's detector finds likeliest among what decodes the sample, if it is at least `leastConfidence` sure, and
///    `leastEvidence` bytes or more are not ASCII: any byte means something in a western encoding.
/// 7. UTF-8, which then reports the bytes that it cannot read.
enum EncodingDetector {
  /// Of 100; ICU gives 10 where it has next to nothing to go by.
  static let leastConfidence: Int32 = 20
  static let leastEvidence = 4

  /// Whether all bytes are ASCII that means the same in every encoding that is told apart here.
  static func isPlainASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.allSatisfy { $0 < 0x80 && $0 != 0x1B && $0 != 0 }
  }

  /// The encoding's name.
  ///
  /// - Parameters:
  ///   - isBeginning: whether the sample stands at the beginning of the text, where a mark can be.
  ///   - isWhole: whether the text ends with the sample; otherwise its last character may be cut.
  static func encoding(of sample: UnsafeBufferPointer<UInt8>, isBeginning: Bool, isWhole: Bool) -> String {
    if isBeginning, let marked = markedEncoding(sample) { return marked }
    let utf8 = UTF8Census(sample, isWhole: isWhole)
    if isBeginning, let name = unmarkedUTF16(sample, isValidUTF8: utf8.illFormed == 0) { return name }
    if hasISO2022Escape(sample), decode(sample, as: "ISO-2022-JP", isWhole: isWhole) != nil { return "ISO-2022-JP" }
    if utf8.illFormed == 0 || utf8.wellFormed > utf8.illFormed { return "UTF-8" }
    return japanese(sample, isWhole: isWhole) ?? likeliest(sample, isWhole: isWhole) ?? "UTF-8"
  }

  private static func markedEncoding(_ sample: UnsafeBufferPointer<UInt8>) -> String? {
    let marks: [([UInt8], String)] = [
      ([0xEF, 0xBB, 0xBF], "UTF-8"), ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"),
      ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
    ]
    return marks.first { sample.starts(with: $0.0) }?.1
  }

  private static func unmarkedUTF16(_ sample: UnsafeBufferPointer<UInt8>, isValidUTF8: Bool) -> String? {
    if isValidUTF8, 4 * sample.count(where: { $0 == 0 }) < sample.count { return nil }
    if sample.count < 2 { return nil }
    var best: (name: String, share: Double)?
    for (name, high, low) in [("UTF-16LE", 1, 0), ("UTF-16BE", 0, 1)] {
      var familiar = 0
      var expectsTrailing = false
      var isPossible = true
      let count = sample.count / 2
      for index in 0..<count {
        let unit = UInt16(sample[2 * index + high]) << 8 | UInt16(sample[2 * index + low])
        let isTrailing = unit & 0xFC00 == 0xDC00
        if unit == 0 || unit >= 0xFFFE || isTrailing != expectsTrailing { isPossible = false }
        if !isPossible { break }
        expectsTrailing = unit & 0xFC00 == 0xD800
        switch unit {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x3000...0x3002, 0x300C...0x300F, 0x3041...0x3096, 0x30A1...0x30FC:
          familiar += 1
        default: break
        }
      }
      let share = Double(familiar) / Double(count)
      if isPossible, share > 0.3, share > best?.share ?? 0 { best = (name, share) }
    }
    return best?.name
  }

  private static func hasISO2022Escape(_ sample: UnsafeBufferPointer<UInt8>) -> Bool {
    guard sample.contains(0x1B), sample.allSatisfy({ $0 < 0x80 }) else { return false }
    return sample.indices.dropLast(2).contains { index in
      guard sample[index] == 0x1B else { return false }
      switch (sample[index + 1], sample[index + 2]) {
      case (UInt8(ascii: "$"), UInt8(ascii: "@")), (UInt8(ascii: "$"), UInt8(ascii: "B")),
        (UInt8(ascii: "$"), UInt8(ascii: "(")), (UInt8(ascii: "("), UInt8(ascii: "J")),
        (UInt8(ascii: "("), UInt8(ascii: "I")):
        return true
      default: return false
      }
    }
  }

  private static func japanese(_ sample: UnsafeBufferPointer<UInt8>, isWhole: Bool) -> String? {
    var best: (name: String, share: Double)?
    for name in ["EUC-JP", "Shift_JIS"] {
      guard let units = decode(sample, as: name, isWhole: isWhole) else { continue }
      let share = JapaneseCensus(units.units).share
      if share >= 0.5, share > best?.share ?? 0 { best = (name, share) }
    }
    return best?.name
  }

  private static func likeliest(_ sample: UnsafeBufferPointer<UInt8>, isWhole: Bool) -> String? {
    if sample.count(where: { $0 >= 0x80 }) < leastEvidence { return nil }
    var status: Int32 = 0
    guard let detector = tz_ucsdet_open(&status), let base = sample.baseAddress else { return nil }
    defer { tz_ucsdet_close(detector) }
    return base.withMemoryRebound(to: CChar.self, capacity: sample.count) { bytes in
      var count: Int32 = 0
      guard let matches = tz_ucsdet_detect_all(detector, bytes, Int32(sample.count), &count, &status),
        tz_failed(status) == 0
      else { return nil }
      for index in 0..<Int(count) {
        guard tz_ucsdet_confidence(matches[index], &status) >= leastConfidence,
          let name = tz_ucsdet_name(matches[index], &status).map({ String(cString: $0) }), name != "UTF-8"
        else { continue }
        if decode(sample, as: name, isWhole: isWhole) != nil { return name }
      }
      return nil
    }
  }

  /// The sample decoded, or nil where some bytes mean nothing.
  private static func decode(_ sample: UnsafeBufferPointer<UInt8>, as name: String, isWhole: Bool) -> UnitBuffer? {
    let target = UnitBuffer()
    guard let decoder = try? ConverterDecoder(encoding: name, isLossy: false),
      (try? decoder.decode(sample, isLast: isWhole, into: target)) != nil
    else { return nil }
    return target
  }
}
