internal import CKernels

/// Memory of a fixed size, aligned to a cache line and zero at first.
///
/// The one kind of storage behind parameters, gradients, moments and activations: sized once, never grown. Large ones
/// stand in huge pages, where the system has them.
package final class AlignedBuffer<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>: @unchecked Sendable {
  // SAFETY: a buffer has one owner at a time. Workers that share one write to ranges that do not overlap, between
  // two meetings of the WorkerPool, which order their writes before the reads that follow.

  /// The first element.
  package let pointer: UnsafeMutablePointer<Element>
  /// The number of elements.
  package let count: Int

  /// Allocates `count` elements and sets each to zero.
  ///
  /// - Parameter isSparse: whether little of it will be touched. Then a large buffer takes memory page by page and not in huge
  ///   pages.
  package init(count: Int, isSparse: Bool = false) {
    precondition(count >= 0, "a buffer of \(count) elements was asked for")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    guard let raw = tz_allocate(bytes, isSparse) else { AllocationFailure.end(bytes: bytes) }
    // Zero bytes are zeros: elements are integers or IEEE numbers.
    pointer = raw.bindMemory(to: Element.self, capacity: max(count, 1))
  }

  deinit { tz_deallocate(pointer, max(count, 1) * MemoryLayout<Element>.stride) }

  /// All elements as a buffer.
  package var all: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: pointer, count: count) }

  /// Sets every element to zero.
  package func clear() {
    // As bytes: a generic element is set one at a time.
    UnsafeMutableRawPointer(pointer).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<Element>.stride)
  }
}

/// Single-precision storage.
package typealias FloatBuffer = AlignedBuffer<Float>
/// Storage for token ids and indices.
package typealias IndexBuffer = AlignedBuffer<Int32>
