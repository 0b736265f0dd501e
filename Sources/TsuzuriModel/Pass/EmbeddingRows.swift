internal import TsuzuriKernels

/// The embedding's gradient as one window finds it: a row for each token that was read, or for each distinct one; all other
/// rows of the matrix are zero.
///
/// - Shape: ids [count], rows [count, E].
package struct EmbeddingRows {
  var ids: UnsafePointer<Int32>
  var rows: UnsafePointer<Float>
  var count: Int

  /// Adds the rows to the whole matrix [V, E].
  func add(to matrix: UnsafeMutablePointer<Float>, width: Int, using kernels: KernelSet) {
    for row in 0..<count {
      kernels.add(rows + row * width, to: matrix + Int(ids[row]) * width, count: width)
    }
  }
}
