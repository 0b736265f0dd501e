/// UTF-16 units between two stages: the one before writes at the end, the one after takes from the front.
final class UnitBuffer {
  private var storage: UnsafeMutablePointer<UInt16>
  private var capacity: Int
  private var start = 0
  private var end = 0

  init(capacity: Int = 4096) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  var count: Int { end - start }

  /// The units that were written and not taken; valid until the next call that writes.
  var units: UnsafeBufferPointer<UInt16> { UnsafeBufferPointer(start: storage + start, count: count) }

  /// Makes room for `count` units behind the last one, and returns where it begins.
  func room(for count: Int) -> UnsafeMutablePointer<UInt16> {
    if capacity - end < count {
      let held = end - start
      if capacity - held < count {
        capacity = max(2 * capacity, held + count)
        let larger = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
        larger.update(from: storage + start, count: held)
        storage.deallocate()
        storage = larger
      } else {
        storage.update(from: storage + start, count: held)
      }
      (start, end) = (0, held)
    }
    return storage + end
  }

  /// Counts in the units that were written where `room(for:)` pointed.
  func didWrite(_ count: Int) { end += count }

  func append(_ unit: UInt16) {
    room(for: 1).pointee = unit
    end += 1
  }

  func append(_ units: UnsafeBufferPointer<UInt16>) {
    guard let base = units.baseAddress else { return }
    room(for: units.count).update(from: base, count: units.count)
    end += units.count
  }

  /// Takes the first `count` units away.
  func removeFirst(_ count: Int) {
    precondition(count <= end - start, "\(count) units taken from a buffer of \(end - start)")
    start += count
    if start == end { (start, end) = (0, 0) }
  }
}
