/// Where a segment stands among the UTF-16 units of its block; an empty one is the end of a line.
package struct UnitRange {
  package var start: UInt32
  package var end: UInt32

  @inlinable
  package init(start: UInt32, end: UInt32) { (self.start, self.end) = (start, end) }

  /// The number of units.
  @inlinable
  package var count: Int { Int(end &- start) }

  /// Writes the segment in UTF-8 to the beginning of `target`, which has room for three bytes a unit, and returns how
  /// many bytes there are.
  package func writeUTF8(
    from units: UnsafeBufferPointer<UInt16>, to target: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    guard let first = target.baseAddress, let units = units.baseAddress else { return 0 }
    var next = first
    var index = Int(start)
    let end = Int(end)
    while index < end {
      let unit = UInt32(units[index])
      index &+= 1
      if unit < 0x80 {
        next[0] = UInt8(truncatingIfNeeded: unit)
        next += 1
      } else if unit < 0x800 {
        next[0] = UInt8(truncatingIfNeeded: 0xC0 | unit >> 6)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F)
        next += 2
      } else if unit & 0xFC00 == 0xD800, index < end {
        let scalar = (unit &- 0xD7C0) << 10 &+ UInt32(units[index] & 0x3FF)
        index &+= 1
        next[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
        next[2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
        next[3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
        next += 4
      } else {
        next[0] = UInt8(truncatingIfNeeded: 0xE0 | unit >> 12)
        next[1] = UInt8(truncatingIfNeeded: 0x80 | unit >> 6 & 0x3F)
        next[2] = UInt8(truncatingIfNeeded: 0x80 | unit & 0x3F)
        next += 3
      }
    }
    return next - first
  }
}

/// Takes segments down, one behind the other.
struct SegmentOutput {
  private var ranges: UnsafeMutablePointer<UnitRange> = .allocate(capacity: 0)
  private var capacity = 0
  private var count = 0

  /// Begins anew, with room for `capacity` segments.
  mutating func begin(capacity: Int) {
    count = 0
    if capacity <= self.capacity { return }
    ranges.deallocate()
    ranges = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  func deallocate() { ranges.deallocate() }

  /// The segments since `begin`.
  var segments: UnsafeBufferPointer<UnitRange> { UnsafeBufferPointer(start: ranges, count: count) }

  @inline(__always)
  mutating func emit(_ start: Int, _ end: Int) {
    ranges[count] = UnitRange(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
    count &+= 1
  }

  mutating func emitLineEnd() { emit(0, 0) }
}
