/// Memory of a fixed size, aligned to a cache line and zero at first.
///
/// The one kind of storage behind parameters, gradients, moments and activations: sized once, never grown.
package final class AlignedBuffer<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>: @unchecked Sendable {
  // SAFETY: a buffer has one owner at a time. Workers that share one write to ranges that do not overlap, between
  // two meetings of the WorkerPool, which order their writes before the reads that follow.

  /// The first element.
  package let pointer: UnsafeMutablePointer<Element>
  /// The number of elements.
  package let count: Int

  /// Allocates `count` elements and sets each to zero.
  package init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) elements was asked for")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    // A whole number of lines, so that no two buffers share one.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: (bytes + 63) / 64 * 64, alignment: 64)
    pointer = raw.bindMemory(to: Element.self, capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: count)
  }

  deinit { pointer.deallocate() }

  /// All elements as a buffer.
  package var all: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  /// Sets every element to zero.
  package func clear() { pointer.update(repeating: 0, count: count) }
}

/// Single-precision storage.
package typealias FloatBuffer = AlignedBuffer<Float>
/// Storage for token ids and indices.
package typealias IndexBuffer = AlignedBuffer<Int32>
