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
/// Here stands one step; ``MemoryCellLayer`` runs it through the window.
///
/// - Shape: gates [B, 4H] in the order i, f, g, o; h and c [B, H].
///
/// Source: Hochreiter & Schmidhuber 1997; the forget gate, Gers, Schmidhuber & Cummins 2000.
final class LSTMLayer: MemoryCellLayer {
  static let gateOrder = ["i", "f", "g", "o"]

  let memory: MemoryCellWindow

  init(_ place: LayerPlace, weights: PreparedLayer) { memory = MemoryCellWindow(place, weights: weights) }

  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>) {
    place.arithmetic.kernels.table.pointee.lstm_forward(
      place.lanes, place.hiddenSize, step.gates, memory.weights.bias.pointer, step.cellBefore, step.cell, step.output)
  }
}
