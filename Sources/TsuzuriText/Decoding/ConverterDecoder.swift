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
  /// The first half of a surrogate pair that stood at the end of what was converted, and where its bytes begin.
  private var half: (unit: UInt16, offset: Int)?
  /// Where the bytes of each unit begin, counted from where the converter was called.
  private var offsets: [Int32] = []

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
        let room = target.room(for: count + 65)
        var earlier = 0
        if let half {
          room[0] = half.unit
          earlier = 1
        }
        if offsets.count < count + 64 { offsets = [Int32](repeating: 0, count: count + 64) }
        let from = source! - start
        var position: UnsafeMutablePointer<UInt16>? = room + earlier
        var status: Int32 = 0
        tz_ucnv_to_unicode(
          converter, &position, room + earlier + count + 64, &source, start + count, &offsets, isLast ? 1 : 0, &status)
        let isFull = tz_is_buffer_overflow(status) != 0
        let units = UnsafeMutableBufferPointer(start: room, count: position! - room)
        let (wellFormed, lone) = pair(units, goesOn: isFull || (!isLast && tz_is_invalid_bytes(status) == 0)) {
          if $0 < earlier { return self.half?.offset ?? 0 }
          // A unit whose bytes begin in the call before has −1; some converters do not say how far before.
          let offset = Int(self.offsets[$0 - earlier])
          return offset < 0 ? -max(1, self.keptCount) : from + offset
        }
        target.didWrite(wellFormed)
        if let lone { throw lone }
        if isFull { continue }
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
      half?.offset -= count
      return count
    }
  }

  /// Makes units well-formed UTF-16: some encodings (SCSU, UTF-7) can spell one half of a surrogate pair, and their converters
  /// hand it on.
  ///
  /// - Parameters:
  ///   - goesOn: whether more units follow; a first half at the end is then kept for them.
  ///   - offset: where the bytes of a unit begin.
  /// - Returns: how many units are well formed, and the half behind them that ends the text.
  private func pair(
    _ units: UnsafeMutableBufferPointer<UInt16>, goesOn: Bool, offset: (Int) -> Int
  ) -> (count: Int, lone: InvalidBytes?) {
    var index = 0
    while index < units.count {
      let unit = units[index]
      let isFirst = unit & 0xFC00 == 0xD800
      if unit & 0xF800 != 0xD800 {
        index += 1
      } else if isFirst, index + 1 < units.count, units[index + 1] & 0xFC00 == 0xDC00 {
        index += 2
      } else if isFirst, index + 1 == units.count, goesOn {
        half = (unit, offset(index))
        return (index, nil)
      } else if isLossy {
        units[index] = 0xFFFD
        index += 1
      } else {
        return (index, InvalidBytes(offset: offset(index), bytes: [], surrogate: unit))
      }
    }
    half = nil
    return (index, nil)
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
