internal import CKernels
internal import TsuzuriKernels

extension PeepholeLSTMLayer {
  /// One step back through time. The gates hand errors to the cell that they looked at: o to c_t, i and f to c_{t−1}.
  ///
  ///     δo_t = δh_t ⊙ tanh(c_t) ⊙ o_t (1 − o_t)
  ///     δc_t = δc_t + δh_t ⊙ o_t ⊙ (1 − tanh²(c_t)) + w_co ⊙ δo_t
  ///     δi_t = δc_t ⊙ g_t ⊙ i_t (1 − i_t)
  ///     δf_t = δc_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)
  ///     δg_t = δc_t ⊙ i_t ⊙ (1 − g_t²)
  ///     δc_{t−1} = δc_t ⊙ f_t + w_ci ⊙ δi_t + w_cf ⊙ δf_t
  func backwardStep(
    _ step: MemoryCellStep, outputGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>
  ) {
    place.arithmetic.kernels.table.pointee.lstm_peephole_backward(
      place.lanes, place.hiddenSize, step.gates, parameters + toInput.offset, parameters + toForget.offset,
      parameters + toOutput.offset, step.cellBefore, step.cell, outputGradient, memory.cellGradient.pointer)
  }

  /// The peepholes' gradients, each a sum over all steps and lanes:
  ///
  ///     δw_ci = Σ δi_t ⊙ c_{t−1}      δw_cf = Σ δf_t ⊙ c_{t−1}      δw_co = Σ δo_t ⊙ c_t
  func writeOwnGradients(
    time: Int, outputGradient: UnsafePointer<Float>, into gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    for slice in [toInput, toForget, toOutput] { gradient.of(slice).update(repeating: 0, count: H) }
    place.arithmetic.kernels.table.pointee.lstm_peephole_gradients(
      time * B, H, memory.gates.pointer, memory.cellBefore.pointer, memory.c.pointer + B * H, gradient.of(toInput),
      gradient.of(toForget), gradient.of(toOutput))
  }
}
