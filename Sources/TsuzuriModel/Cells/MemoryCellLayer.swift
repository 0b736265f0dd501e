internal import TsuzuriKernels

/// A layer whose state is a memory cell c and what it shows of it, h: the loop over time that the LSTMs share.
///
///     sums_t = W_ih x_t + W_hh h_{t−1}
///     h_t, c_t = step(sums_t, c_{t−1})
///
/// A cell of this family is its step, forwards and backwards; what stands around the step is here. The first products
/// were made before, for all T·B inputs at once (``Embedding``, ``InputProjection``); the second run in time order.
///
/// - Shape: sums [T, B, G·H], where G counts the gates; c [T + 1, B, H] and h [T + 1, B, output size], where the first of
///   the T + 1 is the state that the window starts from.
protocol MemoryCellLayer: RecurrentLayer {
  var memory: MemoryCellWindow { get }

  /// The gates, c and h of one time step.
  func forwardStep(_ step: MemoryCellStep, parameters: UnsafePointer<Float>)

  /// The same step backwards: the activations of the gates become the gradients of their sums, and
  /// ``MemoryCellWindow/cellGradient``, on entry what came from the step after, becomes the gradient of c_{t−1}.
  ///
  /// - Parameter outputGradient: the whole gradient of h_t [B, output size].
  func backwardStep(_ step: MemoryCellStep, outputGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>)

  /// Writes the gradients of the tensors that not every such cell has, from the whole window's.
  func writeOwnGradients(
    time: Int, outputGradient: UnsafePointer<Float>, into gradient: WindowGradient)
}

extension MemoryCellLayer {
  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.outputSize, shape.hiddenSize] }

  var place: LayerPlace { memory.place }
  var sums: UnsafeMutablePointer<Float> { memory.gates.pointer }
  var output: UnsafeMutablePointer<Float> { memory.h.pointer + place.lanes * place.shape.outputSize }
  var stateComponents: [FloatBuffer] { memory.stateComponents }
  var startGradients: [FloatBuffer] { memory.startGradients }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    for t in 0..<time {
      memory.prepare(t)
      let step = memory.step(t)
      memory.weights.forward[0].multiply(
        step.outputBefore, into: step.gates, rows: place.lanes, adding: true, using: place.arithmetic)
      forwardStep(step, parameters: parameters)
    }
  }

  func writeOwnGradients(
    time: Int, outputGradient: UnsafePointer<Float>, into gradient: WindowGradient
  ) {}
}

/// What one time step of a memory cell reads and writes.
struct MemoryCellStep {
  /// The step, from 0.
  let t: Int
  /// [B, G·H]: before the step the sums without biases, then the activations.
  let gates: UnsafeMutablePointer<Float>
  /// c_{t−1} and c_t [B, H].
  let cellBefore: UnsafePointer<Float>
  let cell: UnsafeMutablePointer<Float>
  /// h_{t−1} and h_t [B, output size].
  let outputBefore: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
}

/// The buffers of a memory cell for one window, sized once.
final class MemoryCellWindow {
  let place: LayerPlace
  let weights: PreparedLayer
  /// The rows of W_ih: G·H.
  let gateRows: Int
  let recurrentWeight: ParameterLayout.Slice
  let inputBias: ParameterLayout.Slice
  let recurrentBias: ParameterLayout.Slice

  let gates: FloatBuffer
  let h: FloatBuffer
  let c: FloatBuffer
  let stateComponents: [FloatBuffer]
  /// What the steps read: h_{t−1} and c_{t−1}.
  let outputBefore, cellBefore: StateBefore
  /// The gradient of c, carried backwards through the window [B, H]; at its end that of the start's.
  let cellGradient: FloatBuffer
  let startGradients: [FloatBuffer]

  init(_ place: LayerPlace, weights: PreparedLayer) {
    self.place = place
    self.weights = weights
    recurrentWeight = place.slice("weight_hh")
    inputBias = place.slice("bias_ih")
    recurrentBias = place.slice("bias_hh")
    gateRows = inputBias.count
    let (B, T) = (place.lanes, place.maximumTime)
    gates = FloatBuffer(count: T * B * gateRows)
    h = FloatBuffer(count: (T + 1) * B * place.shape.outputSize)
    c = FloatBuffer(count: (T + 1) * B * place.hiddenSize)
    cellGradient = FloatBuffer(count: B * place.hiddenSize)
    stateComponents = [h, c]
    outputBefore = StateBefore(h, number: 0, place)
    cellBefore = StateBefore(c, number: 1, place)
    startGradients =
      place.findsStartGradients ? [FloatBuffer(count: B * place.shape.outputSize), cellGradient] : []
  }

  /// Makes what step `t` reads.
  func prepare(_ t: Int) {
    outputBefore.prepare(t)
    cellBefore.prepare(t)
  }

  /// Ends step `t` on the way back: no error of a memory goes to where its lane had not begun.
  func endBackwardStep(_ t: Int) { place.beginnings[1].take(cellGradient.pointer, step: t) }

  func step(_ t: Int) -> MemoryCellStep {
    let (cells, outputs) = (place.lanes * place.hiddenSize, place.lanes * place.shape.outputSize)
    return MemoryCellStep(
      t: t, gates: gates.pointer + t * place.lanes * gateRows,
      cellBefore: cellBefore.step(t), cell: c.pointer + (t + 1) * cells,
      outputBefore: outputBefore.step(t), output: h.pointer + (t + 1) * outputs)
  }
}
