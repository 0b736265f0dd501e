package import TsuzuriKernels

/// The gradient of one share's window on its way to the one buffer that all shares' gradients come together in.
///
/// The gradient of a matrix that was multiplied with all rows of the window is one product over these rows:
///
///     δW = Σ_r δ_rᵀ x_r
///
/// Such products are the larger part of a step's gradient. They are only noted on the way back, and made when every share
/// has come back (``makeProducts(part:of:into:adding:)``): straight into one buffer, share after share, by threads that have
/// some rows of each matrix. So no share needs memory for a gradient of its own, and none has to be added to another. All
/// other gradients, small ones, are written into the share's own buffer.
package final class WindowGradient {
  /// δᵀ·x, and where it belongs.
  private struct Product {
    /// δ [inner, rows].
    var errors: UnsafePointer<Float>
    /// How far the rows of δ stand apart.
    var errorStride: Int
    /// x [inner, columns].
    var inputs: UnsafePointer<Float>
    /// Where the result [rows, columns] begins in the flat buffer.
    var offset: Int
    var rows, columns, inner: Int
  }

  private var values: UnsafeMutablePointer<Float>?
  private var products: [Product] = []
  private let arithmetic: Arithmetic

  init(_ configuration: ModelConfiguration, arithmetic: Arithmetic) {
    self.arithmetic = arithmetic
    // A step allocates nothing: no cell notes more than four, and before the output there may be one more.
    products.reserveCapacity(4 * configuration.layers * configuration.stacks.count + 1)
  }

  /// Begins a window whose other gradients are written to `values`, a flat buffer of the layout.
  func begin(_ values: UnsafeMutablePointer<Float>) {
    self.values = values
    products.removeAll(keepingCapacity: true)
  }

  /// Where the gradient of a tensor is written that is not a noted product.
  func of(_ slice: ParameterLayout.Slice) -> UnsafeMutablePointer<Float> {
    guard let values else { preconditionFailure("a gradient was asked for before the window's way back began") }
    return values + slice.offset
  }

  /// Notes δᵀ·x as the gradient of `rows` rows of a matrix, from `firstRow` on. Both must stay as they are until the
  /// products are made.
  ///
  /// - Shape: errors [inner, rows], inputs [inner, columns], where the matrix has so many columns.
  func note(
    transposed errors: UnsafePointer<Float>, by inputs: UnsafePointer<Float>, of slice: ParameterLayout.Slice,
    firstRow: Int = 0, rows: Int? = nil, inner: Int, errorStride: Int? = nil
  ) {
    let (rows, columns) = (rows ?? slice.shape[0], slice.shape[1])
    products.append(
      Product(
        errors: errors, errorStride: errorStride ?? rows, inputs: inputs, offset: slice.offset + firstRow * columns,
        rows: rows, columns: columns, inner: inner))
  }

  /// Notes that the gradient of a matrix is zero.
  func noteZero(of slice: ParameterLayout.Slice) {
    let nothing = UnsafePointer(of(slice))
    note(transposed: nothing, by: nothing, of: slice, inner: 0)
  }

  /// Makes the noted products, of each the rows that belong to a part.
  ///
  /// - Parameters:
  ///   - part: which of `count` parts; they may be made side by side, and write to places of their own.
  ///   - gradient: a flat buffer of the layout.
  ///   - adding: whether what stands there is added to.
  package func makeProducts(
    part: Int, of count: Int, into gradient: UnsafeMutablePointer<Float>, adding: Bool,
    using arithmetic: Arithmetic? = nil
  ) {
    let arithmetic = arithmetic ?? self.arithmetic
    arithmetic.profile?.enter(.weightsBackward)
    for product in products {
      let rows = (0..<product.rows).part(part, of: count)
      arithmetic.product.multiply(
        transposed: product.errors + rows.lowerBound, by: product.inputs,
        into: gradient + product.offset + rows.lowerBound * product.columns, rows: rows.count, columns: product.columns,
        inner: product.inner, aStride: product.errorStride, adding: adding)
    }
  }

  /// Whether the gradient of that tensor is made of noted products.
  package static func isProduct(_ slice: ParameterLayout.Slice) -> Bool {
    slice.name == ParameterName.projection
      || ["weight_ih", "weight_hh"].contains { slice.name.contains(".\($0)_l") }
  }
}
