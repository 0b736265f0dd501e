internal import CKernels
internal import TsuzuriKernels

/// A minimal long short-term memory: one layer over one share's window.
///
///     f_t = σ(W_if x_t + b_if)                    how much of the old stays …
///     i_t = σ(W_ii x_t + b_ii)                    … and how much of the new enters,
///     f′_t = f_t / (f_t + i_t)                    as shares of one
///     i′_t = i_t / (f_t + i_t)
///     n_t = W_in x_t + b_in                       what is new
///     h_t = f′_t ⊙ h_{t−1} + i′_t ⊙ n_t
///
/// It is what is left of an LSTM when nothing may look at the state before, and when the state's scale shall not depend on
/// time: where both gates of an LSTM stand open the cell grows from step to step, which tanh and the output gate then hide.
/// Here the two are brought to the sum of one, so that the state stays an average of candidates and neither is needed, nor
/// a cell beside the output. In time order runs nothing but the last line, element by element.
///
/// That leaves the function of a ``MinGRULayer`` with z = i′, but of a gate that is made of two: whichever of them is
/// nearly shut passes its own small slope on, the other a large one. For the linear candidate see there.
///
/// - Shape: gates [T, B, 3H] in the order f, i, n; h [T + 1, B, H], where the first of the T + 1 is the state that the
///   window starts from.
///
/// Source: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024, "Were RNNs all we needed?", section 3.2.
final class MinLSTMLayer: RecurrentLayer {
  static let gateOrder = ["f", "i", "n"]
  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    let rows = gateOrder.count * shape.hiddenSize
    return [
      .averagedInputWeight([rows, shape.inputSize], layer: shape.index),
      // A forget gate starts at 1, as in an LSTM; a fresh layer then keeps three fifths at each step.
      LayerTensor("bias_ih", [rows], .blocks([1, 0, 0])),
    ]
  }
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize] }
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] { [] }

  let place: LayerPlace
  let inputBias: ParameterLayout.Slice

  let gates: FloatBuffer
  let h: FloatBuffer
  let stateComponents: [FloatBuffer]
  /// h_{t−1} and h_t of one step, where lanes may begin anew; else empty.
  let single: FloatBuffer
  /// The gradient of the state that the window starts from [B, H]; empty where nothing is trained.
  let startGradient: FloatBuffer
  var startGradients: [FloatBuffer] { place.findsStartGradients ? [startGradient] : [] }

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    inputBias = place.slice("bias_ih")
    let step = place.lanes * place.hiddenSize
    gates = FloatBuffer(count: place.maximumTime * step * 3)
    h = FloatBuffer(count: (place.maximumTime + 1) * step)
    startGradient = FloatBuffer(count: place.trains ? step : 0)
    stateComponents = [h]
    single = FloatBuffer(count: place.resets == nil ? 0 : 2 * step)
  }

  var sums: UnsafeMutablePointer<Float> { gates.pointer }
  var output: UnsafeMutablePointer<Float> { h.pointer + place.lanes * place.hiddenSize }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    guard place.resets != nil else {
      return kernels.pointee.min_lstm_forward(
        time, B, H, gates.pointer, parameters + inputBias.offset, h.pointer)
    }
    for t in 0..<time {
      place.beginnings[0].mask(h.pointer + t * B * H, into: single.pointer, step: t)
      kernels.pointee.min_lstm_forward(
        1, B, H, gates.pointer + t * B * 3 * H, parameters + inputBias.offset, single.pointer)
      (h.pointer + (t + 1) * B * H).update(from: single.pointer + B * H, count: B * H)
    }
  }
}
