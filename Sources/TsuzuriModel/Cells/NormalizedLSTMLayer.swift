internal import CKernels
internal import TsuzuriKernels

/// LSTM with layer normalisation: whatever is squashed is first brought to mean 0 and variance 1.
///
///     LN(a) = (a − mean(a)) / √(variance(a) + ε), over the elements of one lane's vector; ε = 10⁻⁵
///
///     (i_t, f_t, g_t, o_t) = σ, σ, tanh, σ of  α_ih ⊙ LN(W_ih x_t) + b_ih + α_hh ⊙ LN(W_hh h_{t−1}) + b_hh
///     c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
///     h_t = o_t ⊙ tanh(α_c ⊙ LN(c_t) + b_c)
///
/// The sums of all four gates are one vector of 4H, as in the paper. Its three biases there, β₁, β₂ and b, stand in one sum;
/// here they are the two that every LSTM has. However large the weights or the cell grow, no gate is driven into saturation
/// by their size alone; the cell itself stays as it is, only what is shown of it is normalised, so the carousel goes on.
///
/// W_ih x and W_hh h are normalised apart, so this cell needs the second product by itself: its loop over time is its own.
///
/// The gains α start at 1 and the biases at 0, but that of the forget gate at 1, as in an LSTM.
///
/// - Shape: gates and products [T, B, 4H] in the order i, f, g, o; α_ih, α_hh [4H]; α_c, b_c [H]; h and c [T + 1, B, H].
///
/// Source: Ba, Kiros & Hinton 2016, eqs 20 to 22.
final class NormalizedLSTMLayer: RecurrentLayer {
  static let gateOrder = ["i", "f", "g", "o"]
  /// What is added to a variance before its root is taken; PyTorch's value.
  static let epsilon: Float = 1e-5

  static func stateWidths(_ shape: LayerShape) -> [Int] { [shape.hiddenSize, shape.hiddenSize] }

  static func tensors(_ shape: LayerShape) -> [LayerTensor] {
    let H = shape.hiddenSize
    return standardTensors(shape) + [
      LayerTensor("gain_ih", [4 * H], .blocks([1])), LayerTensor("gain_hh", [4 * H], .blocks([1])),
      LayerTensor("gain_c", [H], .blocks([1])), LayerTensor("bias_c", [H], .blocks([0])),
    ]
  }

  /// h, c, the gates, and the gradients that every memory cell has.
  let memory: MemoryCellWindow
  let inputGain: ParameterLayout.Slice
  let recurrentGain: ParameterLayout.Slice
  let cellGain: ParameterLayout.Slice
  let cellBias: ParameterLayout.Slice
  /// All four, whose gradients are added to.
  let normalizations: [ParameterLayout.Slice]

  /// W_ih x, W_hh h and c of the window, normalised; after the backward pass the gradients of what they were before.
  let fromInput, fromState, shown: FloatBuffer
  /// 1 / √(variance + ε) of each of their rows.
  let inputScales, stateScales, shownScales: FloatBuffer
  /// The gradient of one step's tanh argument [B, H].
  let shownGradient: FloatBuffer

  init(_ place: LayerPlace, weights: PreparedLayer) {
    memory = MemoryCellWindow(place, weights: weights)
    inputGain = place.slice("gain_ih")
    recurrentGain = place.slice("gain_hh")
    cellGain = place.slice("gain_c")
    cellBias = place.slice("bias_c")
    normalizations = [inputGain, recurrentGain, cellGain, cellBias]
    let (rows, H) = (place.maximumTime * place.lanes, place.hiddenSize)
    fromInput = FloatBuffer(count: rows * 4 * H)
    fromState = FloatBuffer(count: rows * 4 * H)
    shown = FloatBuffer(count: rows * H)
    (inputScales, stateScales, shownScales) = (
      FloatBuffer(count: rows), FloatBuffer(count: rows), FloatBuffer(count: rows)
    )
    shownGradient = FloatBuffer(count: place.trains ? place.lanes * H : 0)
  }

  var place: LayerPlace { memory.place }
  var sums: UnsafeMutablePointer<Float> { fromInput.pointer }
  var output: UnsafeMutablePointer<Float> { memory.h.pointer + place.lanes * place.hiddenSize }
  var stateComponents: [FloatBuffer] { memory.stateComponents }
  var startGradients: [FloatBuffer] { memory.startGradients }

  func forward(time: Int, parameters: UnsafePointer<Float>) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    kernels.pointee.normalize(time * B, 4 * H, fromInput.pointer, inputScales.pointer, Self.epsilon)
    for t in 0..<time {
      memory.prepare(t)
      let step = memory.step(t)
      let (recurrent, normalized) = (fromState.pointer + t * B * 4 * H, shown.pointer + t * B * H)
      memory.weights.forward[0].multiply(step.outputBefore, into: recurrent, rows: B, using: place.arithmetic)
      kernels.pointee.normalize(B, 4 * H, recurrent, stateScales.pointer + t * B, Self.epsilon)
      kernels.pointee.lstm_normalized_cell(
        B, H, step.gates, fromInput.pointer + t * B * 4 * H, recurrent, parameters + inputGain.offset,
        parameters + recurrentGain.offset, memory.weights.bias.pointer, step.cellBefore, step.cell)
      normalized.update(from: step.cell, count: B * H)
      kernels.pointee.normalize(B, H, normalized, shownScales.pointer + t * B, Self.epsilon)
      kernels.pointee.lstm_normalized_output(
        B, H, step.gates, normalized, parameters + cellGain.offset, parameters + cellBias.offset, step.output)
    }
  }
}
