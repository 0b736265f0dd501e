internal import CKernels
internal import TsuzuriKernels

/// The plain recurrent network: one layer over one share's window.
///
///     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)      or max(0, ·) in place of tanh
///
/// The state is the output. There is no gate: every step rewrites all of h, and an error that goes back passes W_hh and the
/// slope of tanh at each step, which shrink it (or let it explode) as a power of the number of steps. All other cells are
/// answers to this. With max(0, ·) the slope is 1 or 0, so that only W_hh decides, but nothing bounds h.
///
/// - Shape: sums [T, B, H]; h [T + 1, B, H], where the first of the T + 1 is the state that the window starts from.
///
/// Source: Elman 1990, "Finding structure in time". Why it forgets: Bengio, Simard & Frasconi 1994. The equations and the two
/// biases are those of PyTorch's `RNN`.
final class ElmanLayer: RecurrentLayer {
  static let gateOrder = ["h"]
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize] }

  /// What tanh gives has a larger variance than an LSTM's output, so less widening keeps the sums above it as wide.
  static func tensors(_ shape: LayerShape) -> [LayerTensor] { standardTensors(shape, widening: 2) }

  let place: LayerPlace
  let weights: PreparedLayer
  let recurrentWeight: ParameterLayout.Slice
  let inputBias: ParameterLayout.Slice
  let recurrentBias: ParameterLayout.Slice

  /// The sums inside tanh [T, B, H]; in the backward pass their gradient.
  let steps: FloatBuffer
  let h: FloatBuffer
  /// What the steps read: h_{t−1}.
  let before: StateBefore
  let stateComponents: [FloatBuffer]
  let startGradients: [FloatBuffer]
  /// Whether max(0, ·) stands in place of tanh.
  let rectifies: Bool

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    self.weights = weights
    recurrentWeight = place.slice("weight_hh")
    inputBias = place.slice("bias_ih")
    recurrentBias = place.slice("bias_hh")
    let step = place.lanes * place.hiddenSize
    steps = FloatBuffer(count: place.maximumTime * step)
    h = FloatBuffer(count: (place.maximumTime + 1) * step)
    stateComponents = [h]
    before = StateBefore(h, number: 0, place)
    startGradients = place.findsStartGradients ? [FloatBuffer(count: step)] : []
    rectifies = place.shape.configuration.cell == .rnnReLU
  }

  var sums: UnsafeMutablePointer<Float> { steps.pointer }
  var output: UnsafeMutablePointer<Float> { h.pointer + place.lanes * place.hiddenSize }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    for t in 0..<time {
      let sums = steps.pointer + t * B * H
      before.prepare(t)
      weights.forward[0].multiply(before.step(t), into: sums, rows: B, adding: true, using: place.arithmetic)
      let output = h.pointer + (t + 1) * B * H
      if rectifies {
        kernels.pointee.elman_relu_forward(B, H, sums, weights.bias.pointer, output)
      } else {
        kernels.pointee.elman_tanh_forward(B, H, sums, weights.bias.pointer, output)
      }
    }
  }
}
