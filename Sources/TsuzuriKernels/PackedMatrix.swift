internal import CKernels

/// A matrix that many products share as their second factor, laid out in the order in which a product reads it.
///
///     C = A·M      or      C += A·M
///
/// The columns stand in panels of 32, each [inner, 32], the last one filled up with zeros, so that a product goes through
/// the weights from beginning to end and packs nothing itself: what pays where few rows are multiplied, at each time step
/// of a window or at each token that is written. Every element of C is one chain of sums over `inner`, so that a row's
/// result does not depend on how many rows are multiplied with it.
///
/// - Shape: A [rows, inner], M [inner, columns], C [rows, columns].
package final class PackedMatrix: Sendable {
  /// The columns of M, as many as C has.
  package let columns: Int
  /// The rows of M, as many as A has columns.
  package let inner: Int
  private let panels: FloatBuffer

  /// How many columns stand in one panel.
  package static let panelWidth = 32

  /// A matrix of zeros.
  package init(columns: Int, inner: Int) {
    self.columns = columns
    self.inner = inner
    let width = Self.panelWidth
    panels = FloatBuffer(count: (columns + width - 1) / width * width * inner)
  }

  /// Takes M from `matrix` [inner, columns].
  package func pack(_ matrix: UnsafePointer<Float>, using kernels: KernelSet) {
    kernels.table.pointee.pack(columns, inner, panels.pointer, matrix)
  }

  /// Takes M from its transpose `matrix` [columns, inner], which is how weights are stored.
  package func pack(transposed matrix: UnsafePointer<Float>, using kernels: KernelSet) {
    kernels.table.pointee.pack_transposed(columns, inner, panels.pointer, matrix)
  }

  /// How many bytes a product reads of the matrix.
  package var byteCount: Int { panels.count * MemoryLayout<Float>.stride }

  /// C = A·M, or C += A·M, on the calling thread.
  ///
  /// - Parameters:
  ///   - aStride: how far the rows of A stand apart; nil where they stand close.
  ///   - cStride: the same of C.
  ///   - panels: which panels, for callers that share the columns among threads; nil for all.
  /// - Complexity: 2 · rows · columns · inner operations.
  package func multiply(
    _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, aStride: Int? = nil,
    cStride: Int? = nil, adding: Bool = false, panels range: Range<Int>? = nil, using arithmetic: Arithmetic
  ) {
    let width = Self.panelWidth
    let first = (range?.lowerBound ?? 0) * width
    let end = range.map { min($0.upperBound * width, columns) } ?? columns
    let (aStride, cStride) = (aStride ?? inner, cStride ?? columns)
    switch arithmetic.product {
    case .oneDNN:
      arithmetic.kernels.table.pointee.multiply_packed(
        rows, end - first, inner, a, aStride, panels.pointer + first * inner, c + first, cStride, adding ? 1 : 0)
    case .reference:
      for row in 0..<rows {
        for column in first..<end {
          let panel = panels.pointer + column / width * width * inner + column % width
          var sum: Float = 0
          for k in 0..<inner { sum += a[row * aStride + k] * panel[k * width] }
          c[row * cStride + column] = adding ? c[row * cStride + column] + sum : sum
        }
      }
    }
  }

  /// How many panels there are.
  package var panelCount: Int { (columns + Self.panelWidth - 1) / Self.panelWidth }
}
