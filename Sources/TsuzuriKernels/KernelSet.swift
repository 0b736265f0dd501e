package import CKernels

/// The pointwise kernels compiled for one instruction set.
///
/// Chosen once and passed as a value, so that tests can ask for each set that this processor can run.
package struct KernelSet: Sendable {
  // SAFETY: the table is constant data of the C target and lives as long as the process.
  package nonisolated(unsafe) let table: UnsafePointer<tz_kernels>

  /// The name of the instruction set: `x86-64-v4`, `x86-64-v3` or `baseline`.
  package var name: String { String(cString: table.pointee.name) }

  /// Every set that this processor can run, the fastest first.
  package static let available: [KernelSet] = [tz_kernels_v4(), tz_kernels_v3(), tz_kernels_baseline()]
    .compactMap { $0.map(KernelSet.init(table:)) }

  /// The fastest set of this processor.
  package static let best: KernelSet = available[0]
}

extension KernelSet {
  /// sum += addend, element by element.
  package func add(_ addend: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int) {
    table.pointee.add(count, sum, addend)
  }

  /// Σ aᵢ·bᵢ, in sixteen sums that are added at the end.
  package func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    var sums = SIMD16<Float>.zero
    var i = 0
    while i + 16 <= count {
      sums +=
        UnsafeRawPointer(a + i).loadUnaligned(as: SIMD16<Float>.self)
        * UnsafeRawPointer(b + i).loadUnaligned(as: SIMD16<Float>.self)
      i += 16
    }
    var sum = sums.sum()
    while i < count {
      sum += a[i] * b[i]
      i += 1
    }
    return sum
  }
}
