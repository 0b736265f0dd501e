internal import CKernels
internal import TsuzuriKernels

/// A minimal gated recurrent unit: one layer over one share's window.
///
///     z_t = σ(W_iz x_t + b_iz)                    how much of the new enters
///     n_t = W_in x_t + b_in                       what is new
///     h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ n_t
///
/// It is what is left of a GRU when nothing may look at the state before: no W_hh, and no reset gate, which had only that
/// to reset. What a gate cannot know is therefore what the layer already remembers; a layer above can, since its input is
/// the state of this one. In return all gates of a window are one matrix product, and in time order runs nothing but the
/// last line, element by element.
///
/// The state is an average of candidates, with weights that sum to one: it grows no larger than they are, so the candidate
/// needs no tanh. It is the linear one of the paper's section 3. The paper trains text with another, g(n) = n + ½ above
/// zero and σ(n) below, for one reason: it finds h by a parallel scan over logarithms, and only positive numbers have one.
/// A processor that goes through the window in order takes no logarithm, and a state may be negative here.
///
/// - Shape: gates [T, B, 2H] in the order z, n; h [T + 1, B, H], where the first of the T + 1 is the state that the
///   window starts from.
///
/// Source: Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024, "Were RNNs all we needed?", section 3.1.
final class MinGRULayer: RecurrentLayer {
  static let gateOrder = ["z", "n"]
  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    let rows = gateOrder.count * shape.hiddenSize
    return [
      .averagedInputWeight([rows, shape.inputSize], layer: shape.index),
      LayerTensor("bias_ih", [rows], .blocks([0])),
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
    gates = FloatBuffer(count: place.maximumTime * step * 2)
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
      return kernels.pointee.min_gru_forward(
        time, B, H, gates.pointer, parameters + inputBias.offset, h.pointer)
    }
    for t in 0..<time {
      place.beginnings[0].mask(h.pointer + t * B * H, into: single.pointer, step: t)
      kernels.pointee.min_gru_forward(
        1, B, H, gates.pointer + t * B * 2 * H, parameters + inputBias.offset, single.pointer)
      (h.pointer + (t + 1) * B * H).update(from: single.pointer + B * H, count: B * H)
    }
  }
}
