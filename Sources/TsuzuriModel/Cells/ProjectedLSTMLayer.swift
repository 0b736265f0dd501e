internal import CKernels
internal import TsuzuriKernels

/// LSTM with a recurrent projection: many cells, of which a narrow vector goes on.
///
///     i_t, f_t, g_t, o_t, c_t   as in ``LSTMLayer``
///     m_t = o_t ⊙ tanh(c_t)
///     h_t = W_hr m_t
///
/// The weights of an LSTM grow with the square of its width, since every gate sees every h. With P values of h for H cells
/// W_hh is [4H, P]: the memory can be wide and the product at each step small. What stands above the layer, the next
/// layer's input and the output projection, is narrower, too.
///
/// W_hr starts uniform in ±√(3 / H), which gives h the variance of m: so the layers above start as they do over an LSTM.
///
/// - Shape: gates [B, 4H] in the order i, f, g, o; c and m [B, H]; h [B, P]; W_hr [P, H].
///
/// Source: Sak, Senior & Beaufays 2014, the LSTMP architecture, without its peepholes and its non-recurrent projection: so
/// it is what PyTorch computes (`torch.nn.LSTM` with `proj_size`).
final class ProjectedLSTMLayer: MemoryCellLayer {
  static let gateOrder = ["i", "f", "g", "o"]

  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    standardTensors(shape) + [
      LayerTensor(
        "weight_hr", [shape.outputSize, shape.hiddenSize], .uniform((3 / Double(shape.hiddenSize)).squareRoot()))
    ]
  }

  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] {
    [
      RecurrentPart("weight_hh", rows: 0..<gateOrder.count * shape.hiddenSize, inner: shape.outputSize),
      RecurrentPart("weight_hr", rows: 0..<shape.outputSize, inner: shape.hiddenSize),
    ]
  }

  let memory: MemoryCellWindow
  let projection: ParameterLayout.Slice
  /// m, what the cells show [T, B, H].
  let shown: FloatBuffer
  /// The gradient of one step's m [B, H].
  let shownGradient: FloatBuffer

  init(_ place: LayerPlace, weights: PreparedLayer) {
    memory = MemoryCellWindow(place, weights: weights)
    projection = place.slice("weight_hr")
    let step = place.lanes * place.hiddenSize
    shown = FloatBuffer(count: place.maximumTime * step)
    shownGradient = FloatBuffer(count: place.trains ? step : 0)
  }

  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let m = shown.pointer + step.t * B * H
    place.arithmetic.kernels.table.pointee.lstm_forward(
      B, H, step.gates, memory.weights.bias.pointer, step.cellBefore, step.cell, m)
    memory.weights.forward[1].multiply(m, into: step.output, rows: B, using: place.arithmetic)
  }
}
