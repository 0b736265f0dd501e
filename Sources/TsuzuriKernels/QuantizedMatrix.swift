/// A matrix of 8-bit weights with a scale for each row: w = scale · q, q from −127 to 127.
///
/// - Shape: values [rows, columns], scales [rows].
package struct QuantizedMatrix: Sendable {
  package let rows: Int
  package let columns: Int
  package let values: AlignedBuffer<Int8>
  package let scales: FloatBuffer

  /// Room for a matrix; all zero.
  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = AlignedBuffer(count: rows * columns)
    scales = FloatBuffer(count: rows)
  }

  /// The nearest matrix of 8-bit weights: each row is scaled so that its largest weight becomes ±127. A row whose weights
  /// are all so small (below 4·10⁻³⁷) that there is no such scale becomes zero.
  package init(_ matrix: UnsafePointer<Float>, rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      let from = matrix + row * columns
      var largest: Float = 0
      for column in 0..<columns { largest = max(largest, abs(from[column])) }
      let factor = 127 / largest
      guard factor.isFinite else { continue }
      scales.pointer[row] = largest / 127
      for column in 0..<columns { values.pointer[row * columns + column] = Int8((from[column] * factor).rounded()) }
    }
  }

  /// The weights as numbers.
  package func write(to matrix: UnsafeMutablePointer<Float>) {
    for row in 0..<rows {
      for column in 0..<columns {
        matrix[row * columns + column] = scales.pointer[row] * Float(values.pointer[row * columns + column])
      }
    }
  }
}
