internal import CKernels
internal import TsuzuriKernels

extension NormalizedLSTMLayer {
  /// Backpropagation through the window's time. With s_t = α_c ⊙ LN(c_t) + b_c, what tanh is taken of:
  ///
  ///     δo_t = δh_t ⊙ tanh(s_t) ⊙ o_t (1 − o_t)
  ///     δs_t = δh_t ⊙ o_t ⊙ (1 − tanh²(s_t))
  ///     δc_t = δc_t + LN'(α_c ⊙ δs_t)
  ///     δi_t, δf_t, δg_t, δc_{t−1}   as in ``LSTMLayer``
  ///     δ(W_hh h_{t−1}) = LN'(α_hh ⊙ δ(i, f, g, o)_t)
  ///     δh_{t−1} = δh_{t−1} + W_hh^T δ(W_hh h_{t−1})
  ///
  /// LN' is the way back through a normalisation with the result x̂ and the scale 1 / √(variance + ε):
  ///
  ///     LN'(δ) = scale · (δ − mean(δ) − x̂ · mean(δ ⊙ x̂))
  ///
  /// What all elements gain alike, and what lies along x̂, is taken out: neither would change the result.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    for slice in normalizations { gradient.of(slice).update(repeating: 0, count: slice.count) }
    memory.cellGradient.clear()
    for t in (0..<time).reversed() {
      let step = memory.step(t)
      let (recurrent, normalized) = (fromState.pointer + t * B * 4 * H, shown.pointer + t * B * H)
      kernels.pointee.lstm_normalized_output_backward(
        B, H, step.gates, normalized, parameters + cellGain.offset, parameters + cellBias.offset,
        outputGradient + t * B * H, shownGradient.pointer)
      kernels.pointee.sum_rows(B, H, gradient.of(cellBias), shownGradient.pointer)
      kernels.pointee.normalize_backward(
        B, H, normalized, shownScales.pointer + t * B, parameters + cellGain.offset, shownGradient.pointer,
        gradient.of(cellGain))
      kernels.pointee.lstm_normalized_cell_backward(
        B, H, step.gates, step.cellBefore, normalized, memory.cellGradient.pointer)
      kernels.pointee.normalize_backward(
        B, 4 * H, recurrent, stateScales.pointer + t * B, parameters + recurrentGain.offset, step.gates,
        gradient.of(recurrentGain))
      memory.endBackwardStep(t)
      if t > 0 {
        let below = outputGradient + (t - 1) * B * H
        place.beginnings[0].takingRows(of: below, step: t) {
          memory.weights.backward[0].multiply(recurrent, into: below, rows: B, adding: true, using: place.arithmetic)
        }
      }
    }
    if place.findsStartGradients {
      memory.weights.backward[0].multiply(
        fromState.pointer, into: memory.startGradients[0].pointer, rows: B, using: place.arithmetic)
      place.beginnings[0].take(memory.startGradients[0].pointer, step: 0)
    }
    kernels.pointee.normalize_backward(
      time * B, 4 * H, fromInput.pointer, inputScales.pointer, parameters + inputGain.offset, memory.gates.pointer,
      gradient.of(inputGain))
    // The biases stand behind the normalisation, W_hh before it.
    memory.writeSharedGradients(rows: time * B, ofRecurrentProducts: fromState.pointer, into: gradient)
  }
}
