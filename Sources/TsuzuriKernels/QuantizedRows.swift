/// Room for the rows that a product of 8-bit integers has on its left side, in another form.
package final class QuantizedRows: @unchecked Sendable {
  // SAFETY: one pass owns it and uses it on one thread at a time; a team's threads only read it.
  let values: AlignedBuffer<UInt8>
  let scales: FloatBuffer

  /// Room for `rows` rows of at most `inner` values.
  package init(rows: Int, inner: Int) {
    values = AlignedBuffer(count: rows * Self.stride(inner))
    scales = FloatBuffer(count: rows)
  }

  static func stride(_ inner: Int) -> Int { (inner + 3) / 4 * 4 }
}
