internal import TsuzuriKernels

/// The products W_ih·x of a layer's whole window, in one matrix product.
///
/// - Shape: input [T·B, in], sums [T·B, G·H], weight [G·H, in].
struct InputProjection {
  private let inputSize: Int
  private let columns: Int
  private let weight: ParameterLayout.Slice
  private let arithmetic: Arithmetic

  init(_ configuration: ModelConfiguration, layer: Int, layout: ParameterLayout, arithmetic: Arithmetic) {
    inputSize = layer == 0 ? configuration.embeddingSize : configuration.hiddenSize
    columns = configuration.cell.gates * configuration.hiddenSize
    weight = layout[ParameterName.inputWeight(layer)]
    self.arithmetic = arithmetic
  }

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
