internal import CKernels
internal import TsuzuriKernels

/// Gated recurrent unit as first published, with the reset gate before the product: one layer over one share's window.
///
///     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)             which parts of the old the new may see
///     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)             how much of the old stays
///     n_t = tanh(W_in x_t + b_in + W_hn (r_t ⊙ h_{t−1}) + b_hn)  what is new
///     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
///
/// Here r chooses among the elements of the state *before* W_hn mixes them; in ``GRULayer`` it weighs what W_hn has mixed. The
/// price is a second product that has to wait for r, at each step. In the paper, too, z is the share of the old; others
/// (Chung et al. 2014) exchange z and 1 − z, which is the same function with the signs of z's weights turned round.
///
/// - Shape: gates [T, B, 3H] in the order r, z, n; reset, which is r ⊙ h, [T, B, H]; h [T + 1, B, H], where the first of the
///   T + 1 is the state that the window starts from.
///
/// Source: Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder", eq. 5 to 8. ONNX calls it `GRU` with
/// `linear_before_reset` 0.
final class GRUResetBeforeLayer: RecurrentLayer {
  static let gateOrder = GRULayer.gateOrder
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize] }
  static func tensors(_ shape: LayerShape) -> [LayerTensor] { GRULayer.tensors(shape) }

  /// W_hn apart from W_hr and W_hz: it is multiplied with another vector.
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] { GRULayer.recurrentParts(shape) }

  let place: LayerPlace
  let weights: PreparedLayer
  let recurrentWeight: ParameterLayout.Slice
  let inputBias: ParameterLayout.Slice
  let recurrentBias: ParameterLayout.Slice

  let gates: FloatBuffer
  let reset: FloatBuffer
  let h: FloatBuffer
  /// What the steps read: h_{t−1}.
  let before: StateBefore
  let stateComponents: [FloatBuffer]
  /// The gradient of one step's reset state [B, H].
  let resetGradient: FloatBuffer
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
    reset = FloatBuffer(count: place.maximumTime * step)
    h = FloatBuffer(count: (place.maximumTime + 1) * step)
    resetGradient = FloatBuffer(count: place.trains ? step : 0)
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
    let (kernels, bias) = (arithmetic.kernels.table, weights.bias.pointer)
    for t in 0..<time {
      self.before.prepare(t)
      let (sums, seen, before) = (gates.pointer + t * B * 3 * H, reset.pointer + t * B * H, self.before.step(t))
      weights.forward[0].multiply(before, into: sums, rows: B, cStride: 3 * H, adding: true, using: arithmetic)
      kernels.pointee.gru_reset(B, H, sums, bias, before, seen)
      weights.forward[1].multiply(seen, into: sums + 2 * H, rows: B, cStride: 3 * H, adding: true, using: arithmetic)
      kernels.pointee.gru_update(B, H, sums, bias, before, h.pointer + (t + 1) * B * H)
    }
  }
}
