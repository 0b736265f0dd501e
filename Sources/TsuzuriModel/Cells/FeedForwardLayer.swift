internal import CKernels
internal import TsuzuriKernels

/// A layer that sees the last N inputs and nothing before them: the model that recurrent ones are compared with.
///
///     h_t = tanh(b + Σ_{n=0}^{N−1} W_n x_{t−n})       in the first layer
///     h_t = tanh(b + W_0 x_t)                         in a layer above
///
/// Whatever a recurrent layer does better than this one of the same size it does by remembering. The paper writes the N
/// embeddings as one vector and one matrix; the sum of N products is the same, and each product W_n x_s serves as soon as
/// x_s is there: all N of them for all T·B inputs are one matrix product (``Embedding``), and block n of a step's row is
/// added n steps later.
///
/// What a window needs of the time before it is therefore no input but the begun sums of its first N − 1 steps, and that is
/// the state. In training they were made with the weights before the update, and the error stops at them, as at any state
/// that is carried. The state of a fresh model is zero: tokens before the beginning count as nothing.
///
/// A sum always begins with its oldest product, so that its bits do not depend on where windows end.
///
/// - Shape: sums [T, B, N·H], block n = W_n x; h [T, B, H]; state [B, (N − 1)·H], the step that needs it soonest first. A
///   layer above the first has N = 1 and no state.
///
/// Source: Bengio, Ducharme, Vincent & Jauvin 2003, "A neural probabilistic language model", section 2, without its direct
/// connections from the embeddings to the output.
final class FeedForwardLayer: RecurrentLayer {
  static let gateOrder = ["h"]
  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    let context = context(shape)
    // All N products stand in one sum, so each gets an Nth of its variance.
    let weight = LayerTensor.averagedInputWeight([shape.hiddenSize, shape.inputSize * context], layer: shape.index)
    return [
      LayerTensor(weight.role, [context * shape.hiddenSize, shape.inputSize], weight.start),
      LayerTensor("bias_ih", [shape.hiddenSize], .blocks([0])),
    ]
  }
  static func stateWidths(_ shape: LayerShape) -> [Int] {
    let context = context(shape)
    return context > 1 ? [(context - 1) * shape.hiddenSize] : []
  }
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] { [] }

  /// N: what stands above the first layer sees all of the context through it.
  private static func context(_ shape: LayerShape) -> Int { shape.index == 0 ? shape.configuration.context : 1 }

  let place: LayerPlace
  /// N.
  let context: Int
  let inputBias: ParameterLayout.Slice

  let products: FloatBuffer
  let h: FloatBuffer
  /// The begun sums before the window and behind it [2, B, (N − 1)·H].
  let begun: FloatBuffer
  let stateComponents: [FloatBuffer]
  /// The gradient of the begun sums before the window; empty where nothing is trained.
  let startGradient: FloatBuffer
  var startGradients: [FloatBuffer] { place.findsStartGradients && context > 1 ? [startGradient] : [] }

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    context = Self.context(place.shape)
    inputBias = place.slice("bias_ih")
    let step = place.lanes * place.hiddenSize
    products = FloatBuffer(count: place.maximumTime * step * context)
    h = FloatBuffer(count: place.maximumTime * step)
    begun = FloatBuffer(count: 2 * step * (context - 1))
    startGradient = FloatBuffer(count: place.trains ? step * (context - 1) : 0)
    stateComponents = context > 1 ? [begun] : []
  }

  var sums: UnsafeMutablePointer<Float> { products.pointer }
  var output: UnsafeMutablePointer<Float> { h.pointer }

  func stateStep(after time: Int) -> Int { 1 }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    if place.resets != nil, context > 1 {
      forwardByStep(time: time, parameters: parameters)
      return
    }
    place.arithmetic.kernels.table.pointee.feed_forward_forward(
      time, place.lanes, place.hiddenSize, context, products.pointer, parameters + inputBias.offset, begun.pointer,
      h.pointer, begun.pointer + begun.count / 2)
  }

  /// Step by step, where lanes may begin anew: the sums that were begun for such a lane are dropped. In training none does.
  private func forwardByStep(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H, half) = (place.lanes, place.hiddenSize, begun.count / 2)
    precondition(!place.trains, "no lane of a feed-forward layer begins anew inside a window of training")
    for t in 0..<time {
      if t > 0 { begun.pointer.update(from: begun.pointer + half, count: half) }
      place.beginnings[0].set(begun.pointer, step: t)
      place.arithmetic.kernels.table.pointee.feed_forward_forward(
        1, B, H, context, products.pointer + t * B * context * H, parameters + inputBias.offset, begun.pointer,
        h.pointer + t * B * H, begun.pointer + half)
    }
  }
}
