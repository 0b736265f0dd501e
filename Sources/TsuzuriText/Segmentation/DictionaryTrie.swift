import CICU

/// ICU's dictionary of Chinese and Japanese words, read where it lies in memory.
///
/// The words stand in a trie in ICU's serialised form: a row of UTF-16 units that describes nodes. A node is
/// - below 0x30, a branch: 1 + that many ways (0: the next unit says how many), ordered so that it can be halved;
/// - below 0x40, a row of 1 to 16 units which must follow;
/// - with the highest bit, a value with which a word ends and nothing follows;
/// - otherwise a value with which a word ends, and a node of the first two kinds in its lowest six bits.
///
/// Source: ICU's documentation of string tries; the words' values are costs, −log of their frequency.
// SAFETY: the units belong to ICU's data, which is mapped read-only and never released.
struct DictionaryTrie: @unchecked Sendable {
  private let units: UnsafePointer<UInt16>

  /// The dictionary of the ICU that runs, if it is one of a version whose way of using it `DictionaryDivider` knows.
  static let installed: DictionaryTrie? = {
    guard ICUVersion.major == DictionaryDivider.knownVersion else { return nil }
    var count: Int32 = 0
    return tz_cj_dictionary(&count).map { DictionaryTrie(units: $0) }
  }()

  private init(units: UnsafePointer<UInt16>) { self.units = units }

  /// A place in the trie.
  struct Cursor {
    /// The node that comes next, or the next unit of a row.
    var position: Int32 = 0
    /// How many units of a row are still to follow.
    var pending: Int32 = 0
  }

  /// What stands at a place that units of text led to.
  enum Value {
    case none
    /// The cost of the word that ends here; whether a longer one may begin with it.
    case word(cost: UInt32, goesOn: Bool)
  }

  /// Goes on by one unit of text; false where no word does.
  @inline(__always)
  func advance(_ cursor: inout Cursor, by unit: UInt16) -> Bool {
    var position = Int(cursor.position)
    defer { cursor.position = Int32(truncatingIfNeeded: position) }
    if cursor.pending > 0 {
      cursor.pending &-= 1
      position &+= 1
      return units[position &- 1] == unit
    }
    var node = Int(units[position])
    position &+= 1
    if node >= 0x40 {
      if node & 0x8000 != 0 { return false }
      if node >= 0x4040 { position &+= node < 0x7FC0 ? 1 : 2 }
      node &= 0x3F
    }
    if node >= 0x30 {
      cursor.pending = Int32(truncatingIfNeeded: node &- 0x30)
      position &+= 1
      return units[position &- 1] == unit
    }
    return branch(&position, node, unit)
  }

  @inline(__always)
  private func branch(_ position: inout Int, _ node: Int, _ unit: UInt16) -> Bool {
    var ways = node
    if ways == 0 {
      ways = Int(units[position])
      position &+= 1
    }
    ways &+= 1
    while ways > 5 {
      let middle = units[position]
      position &+= 1
      let isLower = unit < middle
      let distance = jump(&position)
      if isLower {
        position &+= distance
        ways >>= 1
      } else {
        ways &-= ways >> 1
      }
    }
    while ways > 1 {
      let found = units[position]
      position &+= 1
      if found == unit {
        let lead = Int(units[position])
        // A word's end is left where it stands, to be read as a value.
        if lead & 0x8000 == 0 {
          position &+= 1
          let distance = number(&position, lead)
          position &+= distance
        }
        return true
      }
      let lead = Int(units[position]) & 0x7FFF
      position &+= 1
      _ = number(&position, lead)
      ways &-= 1
    }
    position &+= 1
    return units[position &- 1] == unit
  }

  /// What stands where `advance` arrived.
  @inline(__always)
  func value(at cursor: Cursor) -> Value {
    if cursor.pending > 0 { return .none }
    var position = Int(cursor.position)
    let node = Int(units[position])
    if node < 0x40 { return .none }
    position &+= 1
    if node & 0x8000 != 0 {
      return .word(cost: UInt32(truncatingIfNeeded: number(&position, node & 0x7FFF)), goesOn: false)
    }
    let cost: Int
    if node < 0x4040 {
      cost = (node >> 6) &- 1
    } else if node < 0x7FC0 {
      cost = ((node & 0x7FC0) &- 0x4040) << 10 | Int(units[position])
    } else {
      cost = Int(units[position]) << 16 | Int(units[position &+ 1])
    }
    return .word(cost: UInt32(truncatingIfNeeded: cost), goesOn: true)
  }

  /// A number of 15 bits or more, whose first unit was read.
  @inline(__always)
  private func number(_ position: inout Int, _ lead: Int) -> Int {
    if lead < 0x4000 { return lead }
    if lead < 0x7FFF {
      position &+= 1
      return (lead &- 0x4000) << 16 | Int(units[position &- 1])
    }
    position &+= 2
    return Int(units[position &- 2]) << 16 | Int(units[position &- 1])
  }

  /// The distance to the lower half of a branch.
  @inline(__always)
  private func jump(_ position: inout Int) -> Int {
    let lead = Int(units[position])
    position &+= 1
    if lead < 0xFC00 { return lead }
    if lead < 0xFFFF {
      position &+= 1
      return (lead &- 0xFC00) << 16 | Int(units[position &- 1])
    }
    position &+= 2
    return Int(units[position &- 2]) << 16 | Int(units[position &- 1])
  }
}
