internal import CKernels
internal import TsuzuriKernels

/// LSTM with peepholes: the gates also see the cell, each unit its own.
///
///     i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi + w_ci ⊙ c_{t−1})
///     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf + w_cf ⊙ c_{t−1})
///     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)
///     c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
///     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho + w_co ⊙ c_t)
///     h_t = o_t ⊙ tanh(c_t)
///
/// Without them a gate knows of the cell only what the output gate let through: while o is closed nobody sees how full a
/// cell is. The input and the forget gate see the cell of the step before, since they decide what it becomes; the output
/// gate sees what it has become. The w are vectors, so a peephole costs a multiplication a unit.
///
/// They start at zero: a fresh cell is an LSTM's. Nothing is stuck there, for the gradient of a peephole is its gate's
/// times c, and c is not zero; nor are units alike, whose other weights are drawn.
///
/// - Shape: gates [B, 4H] in the order i, f, g, o; w_ci, w_cf, w_co [H]; h and c [B, H].
///
/// Source: Gers & Schmidhuber 2000, "Recurrent nets that time and count"; as Graves 2013, eqs 7 to 11.
final class PeepholeLSTMLayer: MemoryCellLayer {
  static let gateOrder = ["i", "f", "g", "o"]
  /// What of the cell goes to the input, the forget and the output gate.
  static let peepholes = ["weight_ci", "weight_cf", "weight_co"]

  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    standardTensors(shape) + peepholes.map { LayerTensor($0, [shape.hiddenSize], .blocks([0])) }
  }

  let memory: MemoryCellWindow
  let toInput: ParameterLayout.Slice
  let toForget: ParameterLayout.Slice
  let toOutput: ParameterLayout.Slice

  init(_ place: LayerPlace, weights: PreparedLayer) {
    memory = MemoryCellWindow(place, weights: weights)
    toInput = place.slice("weight_ci")
    toForget = place.slice("weight_cf")
    toOutput = place.slice("weight_co")
  }

  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>) {
    place.arithmetic.kernels.table.pointee.lstm_peephole_forward(
      place.lanes, place.hiddenSize, step.gates, memory.weights.bias.pointer, parameters + toInput.offset,
      parameters + toForget.offset, parameters + toOutput.offset, step.cellBefore, step.cell, step.output)
  }
}
