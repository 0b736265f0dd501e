import CICU

/// Decodes with one of ICU's converters.
final class ConverterDecoder: TextDecoder {
  let encoding: String
  private let converter: OpaquePointer
  private let isLossy: Bool
  /// The bytes of the shortest character: 2 for UTF-16, which the converter is given in whole units only, because it
  /// goes back by units and could not tell where it stands inside one.
  private let unitBytes: Int
  /// The bytes of an unfinished character that the converter kept from the call before.
  private var keptCount = 0

  /// - Throws: `TextError.unknownEncoding`.
  init(encoding name: String, isLossy: Bool) throws {
    var status: Int32 = 0
    // ICU takes an empty name for the system's own encoding.
    guard !name.isEmpty, let converter = tz_ucnv_open(name, &status), tz_failed(status) == 0 else {
      throw TextError.unknownEncoding(name)
    }
    let ownName = tz_ucnv_name(converter, &status).map { String(cString: $0) }
    // What the user wrote reads better in a message than ICU's name for the table (`ibm-943_P15A-2003`).
    encoding = ownName == "UTF-8" ? "UTF-8" : name
    self.converter = converter
    self.isLossy = isLossy
    unitBytes = max(1, Int(tz_ucnv_least_bytes(converter)))
  }

  deinit { tz_ucnv_close(converter) }

  func decode(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, into target: UnitBuffer) throws -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let count = isLast ? bytes.count : bytes.count - bytes.count % unitBytes
    return try base.withMemoryRebound(to: CChar.self, capacity: bytes.count) { start in
      var source: UnsafePointer<CChar>? = start
      while true {
        let room = target.room(for: count + 64)
        var position: UnsafeMutablePointer<UInt16>? = room
        var status: Int32 = 0
        tz_ucnv_to_unicode(
          converter, &position, room + count + 64, &source, start + count, isLast ? 1 : 0, &status)
        target.didWrite(position! - room)
        if tz_is_buffer_overflow(status) != 0 { continue }
        if tz_is_invalid_bytes(status) != 0 {
          if !isLossy { throw invalidBytes(endingAt: source! - start) }
          target.append(0xFFFD)
          continue
        }
        try check(status)
        break
      }
      var status: Int32 = 0
      keptCount = Int(tz_ucnv_pending_count(converter, &status))
      return count
    }
  }

  /// The sequence that the converter stopped at.
  private func invalidBytes(endingAt end: Int) -> InvalidBytes {
    var bytes = [CChar](repeating: 0, count: 32)
    var count: Int8 = 32
    var status: Int32 = 0
    tz_ucnv_invalid_bytes(converter, &bytes, &count, &status)
    // A sequence that reaches back into the call before begins with the bytes kept from it: they are one character's.
    // (Its end can lie before this call's first byte, where the converter goes back to read some bytes again.)
    let offset = end - Int(count) < 0 ? -keptCount : end - Int(count)
    return InvalidBytes(offset: offset, bytes: bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) })
  }

  private func check(_ status: Int32) throws {
    if tz_failed(status) != 0 {
      throw TextError.icu(operation: "decode \(encoding)", code: String(cString: tz_error_name(status)))
    }
  }
}
