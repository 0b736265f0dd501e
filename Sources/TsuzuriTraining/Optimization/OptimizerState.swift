/// Zeroed memory for one part of an optimizer's state, freed with its owner.
///
/// A class, so that the address stays the same while several workers write their ranges.
final class OptimizerState {
  /// The values, on a 64-byte boundary: a vector register's width, and a cache line's.
  let values: UnsafeMutableBufferPointer<Float>

  /// Memory for `count` zeros.
  init(count: Int) {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
    values = bytes.bindMemory(to: Float.self)
    values.initialize(repeating: 0)
  }

  deinit { values.deallocate() }
}
