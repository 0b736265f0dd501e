internal import CKernels
internal import TsuzuriKernels

extension LSTMLayer {
  /// One step back through time.
  ///
  ///     δo_t = δh_t ⊙ tanh(c_t) ⊙ o_t (1 − o_t)
  ///     δc_t = δc_t + δh_t ⊙ o_t ⊙ (1 − tanh²(c_t))
  ///     δi_t = δc_t ⊙ g_t ⊙ i_t (1 − i_t)
  ///     δf_t = δc_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)
  ///     δg_t = δc_t ⊙ i_t ⊙ (1 − g_t²)
  ///     δc_{t−1} = δc_t ⊙ f_t
  func backwardStep(
    _ step: MemoryCellStep, outputGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>
  ) {
    place.arithmetic.kernels.table.pointee.lstm_backward(
      place.lanes, place.hiddenSize, step.gates, step.cellBefore, step.cell, outputGradient,
      memory.cellGradient.pointer)
  }
}
