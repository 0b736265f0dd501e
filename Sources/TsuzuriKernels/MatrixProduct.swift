internal import COneDNN

/// Which implementation multiplies matrices: oneDNN, or the plain loop it is checked against.
package struct MatrixProduct: Sendable {
  enum Engine { case oneDNN, reference }
  let engine: Engine
  /// Where products are counted and timed; nil where nobody asks.
  package var profile: StepProfile?

  package static let oneDNN = MatrixProduct(engine: .oneDNN)
  package static let reference = MatrixProduct(engine: .reference)
  package static let allCases = [oneDNN, reference]

  /// C = A·B, or C += A·B.
  ///
  /// - Shape: A [rows, inner], B [inner, columns], C [rows, columns], all row-major.
  /// - Parameters:
  ///   - aStride: how far the rows of A stand apart; nil where they stand close.
  ///   - bStride, cStride: the same of B and C.
  /// - Complexity: 2 · rows · columns · inner operations, on the calling thread alone (see ``WorkerPool``).
  package func multiply(
    _ a: UnsafePointer<Float>, by b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int, inner: Int, aStride: Int? = nil, bStride: Int? = nil, cStride: Int? = nil,
    adding: Bool = false
  ) {
    let factors = Factors(
      a: a, aStride: aStride ?? inner, isATransposed: false, b: b, bStride: bStride ?? columns, isBTransposed: false)
    multiply(factors, c, cStride ?? columns, rows, columns, inner, adding)
  }

  /// C = A·Bᵀ, or C += A·Bᵀ, where B is stored as [columns, inner].
  package func multiply(
    _ a: UnsafePointer<Float>, byTransposed b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int, inner: Int, cStride: Int? = nil, adding: Bool = false
  ) {
    let factors = Factors(a: a, aStride: inner, isATransposed: false, b: b, bStride: inner, isBTransposed: true)
    multiply(factors, c, cStride ?? columns, rows, columns, inner, adding)
  }

  /// C = Aᵀ·B, or C += Aᵀ·B, where A is stored as [inner, rows].
  ///
  /// - Parameters:
  ///   - aStride: how far the rows of A as it is stored stand apart; nil where they stand close.
  ///   - bStride, cStride: the same of B and C.
  package func multiply(
    transposed a: UnsafePointer<Float>, by b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int, inner: Int, aStride: Int? = nil, bStride: Int? = nil, cStride: Int? = nil,
    adding: Bool = false
  ) {
    let factors = Factors(
      a: a, aStride: aStride ?? rows, isATransposed: true, b: b, bStride: bStride ?? columns, isBTransposed: false)
    multiply(factors, c, cStride ?? columns, rows, columns, inner, adding)
  }

  /// The two factors as they are stored.
  private struct Factors {
    let a: UnsafePointer<Float>
    let aStride: Int
    let isATransposed: Bool
    let b: UnsafePointer<Float>
    let bStride: Int
    let isBTransposed: Bool
  }

  private func multiply(
    _ factors: Factors, _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ rows: Int, _ columns: Int, _ inner: Int,
    _ adding: Bool
  ) {
    if rows == 0 || columns == 0 { return }
    guard let profile else { return compute(factors, c, cStride, rows, columns, inner, adding) }
    let form: ProductShape.Form =
      factors.isATransposed ? .transposedFirst : factors.isBTransposed ? .transposedSecond : .plain
    profile.measure(ProductShape(rows: rows, columns: columns, inner: inner, form: form)) {
      compute(factors, c, cStride, rows, columns, inner, adding)
    }
  }

  private func compute(
    _ factors: Factors, _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ rows: Int, _ columns: Int, _ inner: Int,
    _ adding: Bool
  ) {
    if inner == 0 {
      if !adding { for row in 0..<rows { (c + row * cStride).update(repeating: 0, count: columns) } }
      return
    }
    let (a, b, aStride, bStride) = (factors.a, factors.b, factors.aStride, factors.bStride)
    switch engine {
    case .oneDNN:
      // A setting of each thread, and any thread may come here: a session moves from one to another with its task.
      // With more, oneDNN's threads wait for each other by spinning, which on a busy machine takes all the time.
      omp_set_num_threads(1)
      let status = dnnl_sgemm(
        CChar(UInt8(ascii: factors.isATransposed ? "T" : "N")), CChar(UInt8(ascii: factors.isBTransposed ? "T" : "N")),
        dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), 1,
        a, dnnl_dim_t(aStride), b, dnnl_dim_t(bStride), adding ? 1 : 0, c, dnnl_dim_t(cStride))
      precondition(status == dnnl_success, "oneDNN refused a product of [\(rows), \(inner)] and [\(inner), \(columns)]")
    case .reference:
      for row in 0..<rows {
        for column in 0..<columns {
          var sum: Float = 0
          for k in 0..<inner {
            sum +=
              a[factors.isATransposed ? k * aStride + row : row * aStride + k]
              * b[factors.isBTransposed ? column * bStride + k : k * bStride + column]
          }
          c[row * cStride + column] = adding ? c[row * cStride + column] + sum : sum
        }
      }
    }
  }

  /// The version of oneDNN that this process runs with, such as `2.6.3`.
  package static var version: String {
    guard let version = dnnl_version()?.pointee else { return "unknown" }
    return "\(version.major).\(version.minor).\(version.patch)"
  }
}
