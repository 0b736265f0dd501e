import CICU

/// Brings a text into a normalisation form, a stretch at a time, with the same result wherever it is cut.
///
/// The text is cut before scalars that never combine with what stands before them (ICU's *boundary before*). Where more
/// than `runScalars` scalars follow each other without one, which is no writing of any language, the run is cut after
/// that many scalars from its own beginning, and again after as many, so that memory stays bounded; the parts are
/// normalised each for itself, which can leave marks on the two sides of such a cut unordered.
final class StreamingNormalizer {
  private let form: OpaquePointer
  private let runScalars: Int

  /// - Throws: `TextError.icu` where ICU's data for the form is missing.
  init?(_ normalization: Normalization, runScalars: Int) throws {
    if normalization == .none { return nil }
    var status: Int32 = 0
    guard let form = normalization == .nfc ? tz_unorm2_nfc(&status) : tz_unorm2_nfkc(&status) else {
      throw TextError.icu(operation: "load normalisation data", code: String(cString: tz_error_name(status)))
    }
    self.form = form
    self.runScalars = runScalars
  }

  /// Takes as much of the input as what follows cannot change any more, and writes it normalised.
  func normalize(_ input: UnitBuffer, isLast: Bool, into target: UnitBuffer) throws {
    let units = input.units
    var written = 0
    var position = 0
    while position < units.count {
      switch nextCut(in: units, after: position, isLast: isLast) {
      case .boundary(let cut):
        position = cut
      case .forced(let cut):
        try write(UnsafeBufferPointer(rebasing: units[written..<cut]), into: target)
        (position, written) = (cut, cut)
      case nil:
        try write(UnsafeBufferPointer(rebasing: units[written..<position]), into: target)
        input.removeFirst(position)
        return
      }
    }
    try write(UnsafeBufferPointer(rebasing: units[written...]), into: target)
    input.removeFirst(units.count)
  }

  private enum Cut {
    case boundary(Int)
    case forced(Int)
  }

  /// A place behind `start`, itself a boundary, where the text can be cut; nil where more of it must be seen first.
  private func nextCut(in units: UnsafeBufferPointer<UInt16>, after start: Int, isLast: Bool) -> Cut? {
    // Look back from as far as a run can reach: in most text the last scalar there is a boundary.
    let reach = start + runScalars
    if isLast, reach >= units.count { return .boundary(units.count) }
    var index = min(reach, units.count - 1)
    while index > start {
      if isBoundary(units, index) { return .boundary(index) }
      index -= 1
    }
    var scalars = 0
    index = start
    while index < units.count, scalars < runScalars {
      // The second half of a pair comes in the same call as the first.
      index += units[index] & 0xFC00 == 0xD800 && index + 1 < units.count ? 2 : 1
      scalars += 1
      if index < units.count, isBoundary(units, index) { return .boundary(index) }
    }
    if index < units.count { return .forced(index) }
    return isLast ? .boundary(index) : nil
  }

  private func isBoundary(_ units: UnsafeBufferPointer<UInt16>, _ index: Int) -> Bool {
    let unit = units[index]
    // Below U+0300 nothing combines with what stands before it.
    if unit < 0x300 { return true }
    if unit & 0xFC00 == 0xDC00 { return false }
    var scalar = Int32(unit)
    if unit & 0xFC00 == 0xD800 {
      guard index + 1 < units.count else { return false }
      scalar = (scalar - 0xD7C0) << 10 + Int32(units[index + 1] & 0x3FF)
    }
    return tz_unorm2_has_boundary_before(form, scalar) != 0
  }

  private func write(_ units: UnsafeBufferPointer<UInt16>, into target: UnitBuffer) throws {
    if units.isEmpty { return }
    var status: Int32 = 0
    let normal = Int(tz_unorm2_span_quick_check_yes(form, units.baseAddress, Int32(units.count), &status))
    try check(status)
    target.append(UnsafeBufferPointer(rebasing: units[..<normal]))
    let rest = UnsafeBufferPointer(rebasing: units[normal...])
    if rest.isEmpty { return }
    var capacity = rest.count + rest.count / 8 + 64
    while true {
      let room = target.room(for: capacity)
      let count = Int(
        tz_unorm2_normalize(form, rest.baseAddress, Int32(rest.count), room, Int32(capacity), &status))
      if tz_is_buffer_overflow(status) != 0 {
        capacity = count
        status = 0
        continue
      }
      try check(status)
      target.didWrite(count)
      return
    }
  }

  private func check(_ status: Int32) throws {
    if tz_failed(status) != 0 {
      throw TextError.icu(operation: "normalise", code: String(cString: tz_error_name(status)))
    }
  }
}
