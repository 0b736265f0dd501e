internal import CKernels
internal import TsuzuriKernels

/// LSTM with coupled gates: what the cell forgets is what may enter, i = 1 − f.
///
///     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)      how much of the old stays
///     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)   what is new
///     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)      how much of the cell is shown
///     c_t = f_t ⊙ c_{t−1} + (1 − f_t) ⊙ g_t
///     h_t = o_t ⊙ tanh(c_t)
///
/// The cell is a mean of the old and the new, weighted by f, so that it stays within −1 … 1 once it is there. A quarter of
/// the recurrent weights is saved; the comparison in the source found nothing lost by it. The forget gate's bias starts at
/// 1: a fresh cell keeps three quarters and takes in one.
///
/// - Shape: gates [B, 3H] in the order f, g, o; h and c [B, H].
///
/// Source: Greff, Srivastava, Koutník, Steunebrink & Schmidhuber 2017, variant CIFG.
final class CoupledLSTMLayer: MemoryCellLayer {
  static let gateOrder = ["f", "g", "o"]

  let memory: MemoryCellWindow

  init(_ place: LayerPlace, weights: PreparedLayer) { memory = MemoryCellWindow(place, weights: weights) }

  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>) {
    place.arithmetic.kernels.table.pointee.lstm_coupled_forward(
      place.lanes, place.hiddenSize, step.gates, memory.weights.bias.pointer, step.cellBefore, step.cell, step.output)
  }
}
