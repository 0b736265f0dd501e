internal import CKernels
internal import TsuzuriKernels

/// Long short-term memory with forget gate: one layer over one share's window.
///
///     i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)      how much of the new enters
///     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)      how much of the old stays
///     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)   what is new
///     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)      how much of the cell is shown
///     c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
///     h_t = o_t ⊙ tanh(c_t)
///
/// The gradient of c_{t−1} is f_t times that of c_t: no weight matrix and no squashing stands between them, so while f is
/// near one an error can travel back over many steps without fading (the constant error carousel).
///
/// The products W·x of all T·B inputs are one matrix product, made before (``Embedding``, ``InputProjection``). Only
/// W·h runs in time order.
///
/// - Shape: gates [T, B, 4H] in the order i, f, g, o; h and c [T + 1, B, H], where the first of the T + 1 is the state
///   that the window starts from.
///
/// Source: Hochreiter & Schmidhuber 1997; the forget gate, Gers, Schmidhuber & Cummins 2000.
final class LSTMLayer: RecurrentLayer {
  static let gateOrder = ["i", "f", "g", "o"]
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize, shape.hiddenSize] }

  let place: LayerPlace
  let weights: PreparedLayer
  let recurrentWeight: ParameterLayout.Slice
  let inputBias: ParameterLayout.Slice
  let recurrentBias: ParameterLayout.Slice

  let gates: FloatBuffer
  let h: FloatBuffer
  let c: FloatBuffer
  let stateComponents: [FloatBuffer]
  /// The gradient of c, carried backwards through the window [B, H]; at its end that of the start's.
  let cellGradient: FloatBuffer
  let startGradients: [FloatBuffer]

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    self.weights = weights
    recurrentWeight = place.slice("weight_hh")
    inputBias = place.slice("bias_ih")
    recurrentBias = place.slice("bias_hh")
    let step = place.lanes * place.hiddenSize
    gates = FloatBuffer(count: place.maximumTime * step * 4)
    h = FloatBuffer(count: (place.maximumTime + 1) * step)
    c = FloatBuffer(count: (place.maximumTime + 1) * step)
    cellGradient = FloatBuffer(count: step)
    stateComponents = [h, c]
    startGradients = place.findsStartGradients ? [FloatBuffer(count: step), cellGradient] : []
  }

  var sums: UnsafeMutablePointer<Float> { gates.pointer }
  var output: UnsafeMutablePointer<Float> { h.pointer + place.lanes * place.hiddenSize }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    for t in 0..<time {
      let sums = gates.pointer + t * B * 4 * H
      weights.forward[0].multiply(h.pointer + t * B * H, into: sums, rows: B, adding: true, using: place.arithmetic)
      place.arithmetic.kernels.table.pointee.lstm_forward(
        B, H, sums, weights.bias.pointer, c.pointer + t * B * H, c.pointer + (t + 1) * B * H,
        h.pointer + (t + 1) * B * H)
    }
  }
}
