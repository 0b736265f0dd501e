internal import CKernels

/// A matrix that many products share as their second factor, laid out in the order in which a product reads it.
///
///     C = A·M      or      C += A·M
///
/// The columns stand in panels of 32, each [inner, 32], the last one filled up with zeros, so that a product goes through
/// the weights from beginning to end and packs nothing itself: what pays where few rows are multiplied, at each time step
/// of a window or at each token that is written. Every element of C is one chain of sums over `inner`, so that a row's
/// result does not depend on how many rows are multiplied with it, nor on how many threads share the columns.
///
/// The weights are 32-bit floats, or 8-bit integers with a scale for each column; then A's rows are turned into 8-bit
/// integers, too, each by its own largest value, and the sums are exact.
///
/// - Shape: A [rows, inner], M [inner, columns], C [rows, columns].
package final class PackedMatrix: Sendable {
  /// The columns of M, as many as C has.
  package let columns: Int
  /// The rows of M, as many as A has columns.
  package let inner: Int
  private let storage: Storage

  private enum Storage: Sendable {
    case floats(FloatBuffer)
    case integers(panels: AlignedBuffer<Int8>, scales: FloatBuffer, sums: IndexBuffer)
  }

  /// How many columns stand in one panel.
  package static let panelWidth = 32

  /// A matrix of zeros.
  package init(columns: Int, inner: Int) {
    self.columns = columns
    self.inner = inner
    let width = Self.panelWidth
    storage = .floats(FloatBuffer(count: (columns + width - 1) / width * width * inner))
  }

  /// The transpose of some rows of a quantised matrix [columns, inner].
  package init(transposing matrix: QuantizedMatrix, rows: Range<Int>, using kernels: KernelSet) {
    columns = rows.count
    inner = matrix.columns
    let width = Self.panelWidth
    let panels = AlignedBuffer<Int8>(
      count: (columns + width - 1) / width * width * QuantizedRows.stride(matrix.columns))
    let (scales, sums) = (FloatBuffer(count: rows.count), IndexBuffer(count: rows.count))
    scales.pointer.update(from: matrix.scales.pointer + rows.lowerBound, count: rows.count)
    kernels.table.pointee.pack_quantized(
      columns, inner, panels.pointer, sums.pointer, matrix.values.pointer + rows.lowerBound * inner)
    storage = .integers(panels: panels, scales: scales, sums: sums)
  }

  /// Takes M from `matrix` [inner, columns].
  package func pack(_ matrix: UnsafePointer<Float>, using kernels: KernelSet) {
    guard case .floats(let panels) = storage else { preconditionFailure("8-bit weights are packed once") }
    kernels.table.pointee.pack(columns, inner, panels.pointer, matrix)
  }

  /// Takes M from its transpose `matrix` [columns, inner], which is how weights are stored.
  package func pack(transposed matrix: UnsafePointer<Float>, using kernels: KernelSet) {
    guard case .floats(let panels) = storage else { preconditionFailure("8-bit weights are packed once") }
    kernels.table.pointee.pack_transposed(columns, inner, panels.pointer, matrix)
  }

  /// Takes some panels of M from its transpose `matrix` [columns, inner]. Calls for other panels may run side by side.
  package func pack(transposed matrix: UnsafePointer<Float>, panels range: Range<Int>, using kernels: KernelSet) {
    guard case .floats(let panels) = storage else { preconditionFailure("8-bit weights are packed once") }
    let first = range.lowerBound * Self.panelWidth
    let end = min(range.upperBound * Self.panelWidth, columns)
    if first >= end { return }
    kernels.table.pointee.pack_transposed(end - first, inner, panels.pointer + first * inner, matrix + first * inner)
  }

  /// How many bytes a product reads of the matrix.
  package var byteCount: Int {
    switch storage {
    case .floats(let panels): panels.count * MemoryLayout<Float>.stride
    case .integers(let panels, let scales, let sums): panels.count + 4 * (scales.count + sums.count)
    }
  }

  /// How many panels there are.
  package var panelCount: Int { (columns + Self.panelWidth - 1) / Self.panelWidth }

  /// C = A·M, or C += A·M, on the calling thread, or on those of the arithmetic's team where that pays.
  ///
  /// - Parameters:
  ///   - aStride: how far the rows of A stand apart; nil where they stand close.
  ///   - cStride: the same of C.
  /// - Complexity: 2 · rows · columns · inner operations.
  package func multiply(
    _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, aStride: Int? = nil,
    cStride: Int? = nil, adding: Bool = false, using arithmetic: Arithmetic
  ) {
    let (aStride, cStride) = (aStride ?? inner, cStride ?? columns)
    if case .integers = storage {
      guard let quantized = arithmetic.quantizedRows else {
        preconditionFailure("8-bit weights need room for 8-bit rows")
      }
      arithmetic.kernels.table.pointee.quantize_rows(
        rows, inner, a, aStride, quantized.values.pointer, QuantizedRows.stride(inner), quantized.scales.pointer)
    }
    func compute() {
      if let team = arithmetic.team, rows * columns * inner >= ProductTeam.threshold {
        team.multiply(
          self, a, into: c, rows: rows, aStride: aStride, cStride: cStride, adding: adding, using: arithmetic)
      } else {
        multiplyAlone(
          a, into: c, rows: rows, aStride: aStride, cStride: cStride, adding: adding, panels: 0..<panelCount,
          using: arithmetic)
      }
    }
    guard let profile = arithmetic.profile else { return compute() }
    profile.measure(ProductShape(rows: rows, columns: columns, inner: inner, form: .packed), compute)
  }

  /// The columns of some panels, on the calling thread. Rows for 8-bit weights are quantised already.
  package func multiplyAlone(
    _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, aStride: Int, cStride: Int,
    adding: Bool, panels range: Range<Int>, using arithmetic: Arithmetic
  ) {
    let width = Self.panelWidth
    let first = range.lowerBound * width
    let end = min(range.upperBound * width, columns)
    if first >= end { return }
    let kernels = arithmetic.kernels.table
    switch (storage, arithmetic.product.engine) {
    case (.floats(let panels), .oneDNN):
      kernels.pointee.multiply_packed(
        rows, end - first, inner, a, aStride, panels.pointer + first * inner, c + first, cStride, adding ? 1 : 0)
    case (.floats(let panels), .reference):
      for row in 0..<rows {
        for column in first..<end {
          let panel = panels.pointer + column / width * width * inner + column % width
          var sum: Float = 0
          for k in 0..<inner { sum += a[row * aStride + k] * panel[k * width] }
          c[row * cStride + column] = adding ? c[row * cStride + column] + sum : sum
        }
      }
    case (.integers(let panels, let scales, let sums), let product):
      guard let quantized = arithmetic.quantizedRows else { return }
      let stride = QuantizedRows.stride(inner)
      let multiply =
        product == .reference ? kernels.pointee.multiply_quantized_plain : kernels.pointee.multiply_quantized
      multiply?(
        rows, end - first, stride / 4, quantized.values.pointer, stride, quantized.scales.pointer,
        panels.pointer + first * stride, scales.pointer + first, sums.pointer + first, c + first, cStride,
        adding ? 1 : 0)
    }
  }
}
