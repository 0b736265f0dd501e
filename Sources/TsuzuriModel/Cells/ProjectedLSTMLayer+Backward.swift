internal import CKernels
internal import TsuzuriKernels

extension ProjectedLSTMLayer {
  /// One step back through time: through the projection, then as an LSTM whose output is m.
  ///
  ///     δm_t = W_hr^T δh_t
  func backwardStep(
    _ step: MemoryCellStep, outputGradient: UnsafePointer<Float>, parameters: UnsafePointer<Float>
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    memory.weights.backward[1].multiply(outputGradient, into: shownGradient.pointer, rows: B, using: place.arithmetic)
    place.arithmetic.kernels.table.pointee.lstm_backward(
      B, H, step.gates, step.cellBefore, step.cell, shownGradient.pointer, memory.cellGradient.pointer)
  }

  /// δW_hr = Σ δh_t m_t^T over all steps and lanes, by one product: each δh is complete by now.
  func writeOwnGradients(
    time: Int, outputGradient: UnsafePointer<Float>, into gradient: WindowGradient
  ) {
    place.arithmetic.product.multiply(
      transposed: outputGradient, by: shown.pointer, into: gradient.of(projection),
      rows: place.shape.outputSize, columns: place.hiddenSize, inner: time * place.lanes)
  }
}
