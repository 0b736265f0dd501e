/// A stretch of normalised text, cut where no segment is cut, so that blocks can be segmented in any order.
public struct TextBlock: Sendable {
  /// Which block of its text this is, from 0.
  public let index: Int
  /// The bytes that the stretch takes in UTF-8.
  public let utf8Count: Int
  /// The Unicode scalars in the stretch. At the byte level: the bytes that begin a scalar in UTF-8.
  public let scalarCount: Int
  /// The stretch in UTF-16, well formed; empty at the byte level.
  package let units: [UInt16]
  /// The bytes as they stand, at the byte level only.
  package let bytes: [UInt8]
  /// Whether the text ends with this block and its last line has no line end.
  package let endsInUnfinishedLine: Bool

  package init(index: Int, units: [UInt16], endsInUnfinishedLine: Bool) {
    self.index = index
    self.units = units
    bytes = []
    self.endsInUnfinishedLine = endsInUnfinishedLine
    // A unit takes one byte below U+0080, two below U+0800 and three above; a surrogate pair takes four, two a unit.
    var utf8Count = units.count
    var trailing = 0
    for unit in units {
      utf8Count &+= (unit >= 0x80 ? 1 : 0) &+ (unit >= 0x800 ? 1 : 0)
      trailing &+= unit & 0xFC00 == 0xDC00 ? 1 : 0
    }
    self.utf8Count = utf8Count - 2 * trailing
    scalarCount = units.count - trailing
  }

  package init(index: Int, bytes: [UInt8]) {
    self.index = index
    units = []
    self.bytes = bytes
    endsInUnfinishedLine = false
    utf8Count = bytes.count
    scalarCount = bytes.reduce(0) { $0 &+ ($1 & 0xC0 != 0x80 ? 1 : 0) }
  }
}
