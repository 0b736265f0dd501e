internal import CKernels
internal import TsuzuriKernels

/// Gated recurrent unit with the reset gate after the recurrent product: one layer over one share's window.
///
///     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)             how much of the old the new may see
///     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)             how much of the old stays
///     n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t−1} + b_hn))  what is new
///     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
///
/// One gate, z, does the work of an LSTM's input and forget gates, and the state has no cell behind the output: three
/// blocks of weights in place of four. As in an LSTM there is a way back past all weights, δh_{t−1} = z_t ⊙ δh_t + …, on which
/// an error keeps while z is near one.
///
/// That r stands after the product lets W_hr, W_hz and W_hn be multiplied with the same h_{t−1} at once. b_hn is therefore
/// inside, multiplied by r, and the two biases of n are not one parameter twice.
///
/// - Shape: gates [T, B, 3H] in the order r, z, n; inner, which is W_hn h + b_hn, [T, B, H]; h [T + 1, B, H], where the first
///   of the T + 1 is the state that the window starts from.
///
/// Source: Cho et al. 2014, eq. 5 to 8; in this form, PyTorch's and cuDNN's `GRU`. As first published:
/// ``GRUResetBeforeLayer``.
final class GRULayer: RecurrentLayer {
  static let gateOrder = ["r", "z", "n"]
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize] }

  static func tensors(_ shape: LayerShape) -> [LayerTensor] { standardTensors(shape, widening: 4) }

  /// W_hn apart from W_hr and W_hz: what it gives must not be mixed with the input's part of n before r has multiplied it.
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] {
    let H = shape.hiddenSize
    return [
      RecurrentPart("weight_hh", rows: 0..<2 * H, inner: H), RecurrentPart("weight_hh", rows: 2 * H..<3 * H, inner: H),
    ]
  }

  let place: LayerPlace
  let weights: PreparedLayer
  let recurrentWeight: ParameterLayout.Slice
  let inputBias: ParameterLayout.Slice
  let recurrentBias: ParameterLayout.Slice

  let gates: FloatBuffer
  /// In the forward pass W_hn h + b_hn; in the backward pass its gradient.
  let inner: FloatBuffer
  let h: FloatBuffer
  /// What the steps read: h_{t−1}.
  let before: StateBefore
  let stateComponents: [FloatBuffer]
  /// The gradient of the state that the window starts from [B, H].
  let startGradient: FloatBuffer
  let startGradients: [FloatBuffer]

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    self.weights = weights
    recurrentWeight = place.slice("weight_hh")
    inputBias = place.slice("bias_ih")
    recurrentBias = place.slice("bias_hh")
    let step = place.lanes * place.hiddenSize
    gates = FloatBuffer(count: place.maximumTime * step * 3)
    inner = FloatBuffer(count: place.maximumTime * step)
    h = FloatBuffer(count: (place.maximumTime + 1) * step)
    startGradient = FloatBuffer(count: place.trains ? step : 0)
    stateComponents = [h]
    before = StateBefore(h, number: 0, place)
    startGradients = place.findsStartGradients ? [startGradient] : []
  }

  var sums: UnsafeMutablePointer<Float> { gates.pointer }
  var output: UnsafeMutablePointer<Float> { h.pointer + place.lanes * place.hiddenSize }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let arithmetic = place.arithmetic
    for t in 0..<time {
      self.before.prepare(t)
      let (sums, reset, before) = (gates.pointer + t * B * 3 * H, inner.pointer + t * B * H, self.before.step(t))
      weights.forward[0].multiply(before, into: sums, rows: B, cStride: 3 * H, adding: true, using: arithmetic)
      weights.forward[1].multiply(before, into: reset, rows: B, using: arithmetic)
      arithmetic.kernels.table.pointee.gru_forward(
        B, H, sums, reset, weights.bias.pointer, parameters + inputBias.offset + 2 * H,
        parameters + recurrentBias.offset + 2 * H, before, h.pointer + (t + 1) * B * H)
    }
  }
}
