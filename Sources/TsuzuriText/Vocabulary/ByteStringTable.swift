/// An append-only map from byte strings to the dense numbers 0, 1, 2, … in the order of their first appearance.
///
/// The one hash table behind vocabularies and counts. Two things set it apart from `[String: Int32]`: strings are
/// equal when their bytes are (Swift's `String` takes が and か + U+3099 for equal, and a lossless tokenizer must
/// not), and neither looking up nor adding a known string allocates.
///
/// Open addressing, linear probing, at most half full. A string of up to seven bytes *is* its key, so that a
/// character is found by one comparison of integers; a longer string's key is its hash. Where strings lie is drawn anew for
/// each table, so that no text can be written whose words all fall into one place; their numbers do not depend on it.
package final class ByteStringTable {
  private struct Slot {
    var key: UInt64
    var index: Int32
  }

  private static let emptyIndex: Int32 = -1

  /// What the places of short strings are multiplied by, and what the hashes of longer ones begin with.
  private let multiplier = UInt64.random(in: .min ... .max) | 1
  private let seed = UInt64.random(in: .min ... .max)

  private var slots: UnsafeMutablePointer<Slot>
  private var capacity: Int
  /// 64 − log2(capacity): a slot's number is the upper bits of the mixed key.
  private var shift: UInt64

  private var bytes: UnsafeMutablePointer<UInt8>
  private var bytesCapacity: Int
  private var bytesCount = 0

  /// String i is `bytes[ends[i] ..< ends[i + 1]]`.
  private var ends: UnsafeMutablePointer<Int>
  private var endsCapacity: Int

  /// How many strings the table holds.
  package private(set) var count = 0

  package init(minimumCapacity: Int = 64) {
    capacity = 128
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    shift = UInt64(64 - capacity.trailingZeroBitCount)
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(key: 0, index: Self.emptyIndex), count: capacity)
    bytesCapacity = capacity * 4
    bytes = .allocate(capacity: bytesCapacity)
    endsCapacity = capacity / 2 + 2
    ends = .allocate(capacity: endsCapacity)
    ends[0] = 0
  }

  deinit {
    slots.deallocate()
    bytes.deallocate()
    ends.deallocate()
  }

  /// The bytes of string `index`; valid until the next string is added.
  package subscript(index: Int32) -> UnsafeBufferPointer<UInt8> {
    let i = Int(index)
    precondition(i >= 0 && i < count, "string \(index) is not one of the \(count) in the table")
    return UnsafeBufferPointer(start: bytes + ends[i], count: ends[i + 1] - ends[i])
  }

  /// The number of `string`, or −1 where it is not in the table.
  package func find(_ string: UnsafeBufferPointer<UInt8>) -> Int32 {
    let key = key(of: string)
    return slots[slot(of: string, key: key)].index
  }

  /// The number of `string`, which is added where it is new.
  package func intern(_ string: UnsafeBufferPointer<UInt8>) -> Int32 {
    let key = key(of: string)
    let position = slot(of: string, key: key)
    let known = slots[position].index
    if known >= 0 { return known }
    return append(string, key: key, position: position)
  }

  /// The slot that holds `string`, or the empty one where it belongs.
  @inline(__always)
  private func slot(of string: UnsafeBufferPointer<UInt8>, key: UInt64) -> Int {
    var position = home(of: key)
    while true {
      let slot = slots[position]
      if slot.index < 0 { return position }
      if slot.key == key && (key < Self.hashMark || equals(slot.index, string)) { return position }
      position = (position + 1) & (capacity - 1)
    }
  }

  @inline(__always)
  private func home(of key: UInt64) -> Int {
    // Multiplicative hashing, after a fold that brings the length and the last bytes down to where they count.
    Int(truncatingIfNeeded: ((key ^ (key >> 29)) &* multiplier) >> shift)
  }

  /// Strings of eight bytes or more, compared eight at a time; the last eight may overlap those before.
  private func equals(_ index: Int32, _ string: UnsafeBufferPointer<UInt8>) -> Bool {
    let known = self[index]
    guard known.count == string.count, let first = UnsafeRawPointer(known.baseAddress),
      let second = UnsafeRawPointer(string.baseAddress)
    else { return false }
    let last = string.count &- 8
    var i = 0
    while i < last {
      if first.loadUnaligned(fromByteOffset: i, as: UInt64.self)
        != second.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      {
        return false
      }
      i &+= 8
    }
    return first.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      == second.loadUnaligned(fromByteOffset: last, as: UInt64.self)
  }

  private func append(_ string: UnsafeBufferPointer<UInt8>, key: UInt64, position: Int) -> Int32 {
    precondition(count < Int(Int32.max), "a table holds at most 2,147,483,647 strings")
    if bytesCount + string.count > bytesCapacity {
      bytesCapacity = max(bytesCapacity * 2, bytesCount + string.count)
      bytes = Self.grown(bytes, count: bytesCount, capacity: bytesCapacity)
    }
    if count + 2 > endsCapacity {
      endsCapacity *= 2
      ends = Self.grown(ends, count: count + 1, capacity: endsCapacity)
    }
    if let source = string.baseAddress { (bytes + bytesCount).update(from: source, count: string.count) }
    bytesCount += string.count
    let index = Int32(truncatingIfNeeded: count)
    count += 1
    ends[count] = bytesCount
    slots[position] = Slot(key: key, index: index)
    if count * 2 > capacity { doubleCapacity() }
    return index
  }

  private func doubleCapacity() {
    let old = slots
    let oldCapacity = capacity
    capacity *= 2
    shift -= 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(key: 0, index: Self.emptyIndex), count: capacity)
    for i in 0..<oldCapacity where old[i].index >= 0 {
      var position = home(of: old[i].key)
      while slots[position].index >= 0 { position = (position + 1) & (capacity - 1) }
      slots[position] = old[i]
    }
    old.deallocate()
  }

  private static func grown<T>(
    _ old: UnsafeMutablePointer<T>, count: Int, capacity: Int
  ) -> UnsafeMutablePointer<T> {
    let new = UnsafeMutablePointer<T>.allocate(capacity: capacity)
    new.moveInitialize(from: old, count: count)
    old.deallocate()
    return new
  }
}

// MARK: - Keys

extension ByteStringTable {
  /// Keys from here on are hashes; below, the top byte is the string's length (0 … 7) and the rest the string.
  fileprivate static let hashMark: UInt64 = 1 << 63

  @inline(__always)
  fileprivate func key(of string: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = string.count
    guard count > 0, let base = string.baseAddress else { return 0 }
    if count > 7 { return hash(of: string) | Self.hashMark }
    // Two loads that overlap cover every length: the bytes in common are the same, so `|` keeps them.
    let raw = UnsafeRawPointer(base)
    let packed: UInt64
    if count >= 4 {
      let low = UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
      let high = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
      packed = low | (high << UInt64((count - 4) * 8))
    } else if count >= 2 {
      let low = UInt64(UInt16(littleEndian: raw.loadUnaligned(as: UInt16.self)))
      packed = low | (UInt64(base[count - 1]) << UInt64((count - 1) * 8))
    } else {
      packed = UInt64(base[0])
    }
    return packed | (UInt64(count) << 56)
  }

  /// The mixing step of `ContentHash`, once for each eight bytes; the last eight may overlap those before.
  @inline(__always)
  private func hash(of string: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = UnsafeRawPointer(string.baseAddress) else { return 0 }
    var state = seed ^ UInt64(truncatingIfNeeded: string.count)
    let last = string.count &- 8
    var i = 0
    while i < last {
      state = Self.mix(state, base.loadUnaligned(fromByteOffset: i, as: UInt64.self))
      i &+= 8
    }
    return Self.mix(state, base.loadUnaligned(fromByteOffset: last, as: UInt64.self))
  }

  @inline(__always)
  private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return (product.high ^ product.low) &+ 0xE703_7ED1_A0B4_28DB
  }
}
