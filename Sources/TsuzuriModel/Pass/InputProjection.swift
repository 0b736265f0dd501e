internal import TsuzuriKernels

/// The products W_ih·x of a layer's whole window, in one matrix product.
///
/// - Shape: input [T·B, in], sums [T·B, rows of W_ih], weight [rows, in].
struct InputProjection {
  private let weight: ParameterLayout.Slice
  private let arithmetic: Arithmetic

  init(_ weight: ParameterLayout.Slice, arithmetic: Arithmetic) {
    self.weight = weight
    self.arithmetic = arithmetic
  }

  private var columns: Int { weight.shape[0] }
  private var inputSize: Int { weight.shape[1] }

  func forward(
    _ input: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    arithmetic.product.multiply(
      input, byTransposed: parameters + weight.offset, into: sums, rows: rows, columns: columns,
      inner: inputSize)
  }

  /// Writes the gradients of the weight and of the input.
  func backward(
    _ input: UnsafePointer<Float>, rows: Int, sumsGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    arithmetic.product.multiply(
      transposed: sumsGradient, by: input, into: gradient + weight.offset, rows: columns, columns: inputSize,
      inner: rows)
    arithmetic.product.multiply(
      sumsGradient, by: parameters + weight.offset, into: inputGradient, rows: rows, columns: inputSize, inner: columns)
  }
}
