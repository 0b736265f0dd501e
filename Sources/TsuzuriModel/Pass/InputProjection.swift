internal import TsuzuriKernels

/// The products W·x of a whole window, in one matrix product: W_ih·x of a layer, and what brings the last layer's output to the
/// width of a tied embedding.
///
/// - Shape: input [T·B, in], sums [T·B, rows of W_ih], weight [rows, in].
struct InputProjection {
  private let weight: ParameterLayout.Slice
  /// The weight as a model that is only used has it; nil in training.
  private let packed: PackedMatrix?
  private let arithmetic: Arithmetic
  /// Under which parts of a step its time is counted.
  private let parts: (forward: StepProfile.Part, backward: StepProfile.Part)

  init(
    _ weight: ParameterLayout.Slice, packed: PackedMatrix?, arithmetic: Arithmetic,
    parts: (forward: StepProfile.Part, backward: StepProfile.Part) = (.inputProducts, .inputProductsBackward)
  ) {
    self.parts = parts
    self.weight = weight
    self.packed = packed
    self.arithmetic = arithmetic
  }

  private var columns: Int { weight.shape[0] }
  private var inputSize: Int { weight.shape[1] }

  func forward(
    _ input: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    arithmetic.profile?.enter(parts.forward)
    if let packed {
      packed.multiply(input, into: sums, rows: rows, using: arithmetic)
      return
    }
    arithmetic.product.multiply(
      input, byTransposed: parameters + weight.offset, into: sums, rows: rows, columns: columns,
      inner: inputSize)
  }

  /// Notes the gradient of the weight, and writes that of the input.
  func backward(
    _ input: UnsafePointer<Float>, rows: Int, sumsGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient, inputGradient: UnsafeMutablePointer<Float>
  ) {
    arithmetic.profile?.enter(parts.backward)
    gradient.note(transposed: sumsGradient, by: input, of: weight, inner: rows)
    arithmetic.product.multiply(
      sumsGradient, by: parameters + weight.offset, into: inputGradient, rows: rows, columns: inputSize, inner: columns)
  }
}
