internal import CKernels
internal import TsuzuriKernels

extension LSTMLayer {
  /// Backpropagation through the window's time.
  ///
  ///     δo_t = δh_t ⊙ tanh(c_t) ⊙ o_t (1 − o_t)
  ///     δc_t = δc_t + δh_t ⊙ o_t ⊙ (1 − tanh²(c_t))
  ///     δi_t = δc_t ⊙ g_t ⊙ i_t (1 − i_t)
  ///     δf_t = δc_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)
  ///     δg_t = δc_t ⊙ i_t ⊙ (1 − g_t²)
  ///     δc_{t−1} = δc_t ⊙ f_t
  ///     δh_{t−1} = δh_{t−1} + W_hh^T δ(i, f, g, o)_t
  ///
  /// The gates' gradients replace the gates; then each weight's gradient is one product over all T·B rows. The gradient
  /// of the state that the window starts from is not handed on: that is what truncates.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    cellGradient.clear()
    for t in (0..<time).reversed() {
      let sums = gates.pointer + t * B * 4 * H
      kernels.pointee.lstm_backward(
        B, H, sums, c.pointer + t * B * H, c.pointer + (t + 1) * B * H, outputGradient + t * B * H,
        cellGradient.pointer)
      if t > 0 {
        weights.backward[0].multiply(
          sums, into: outputGradient + (t - 1) * B * H, rows: B, adding: true, using: place.arithmetic)
      }
    }
    if place.findsStartGradients {
      weights.backward[0].multiply(gates.pointer, into: startGradients[0].pointer, rows: B, using: place.arithmetic)
    }
    let rows = time * B
    place.arithmetic.product.multiply(
      transposed: gates.pointer, by: h.pointer, into: gradient + recurrentWeight.offset,
      rows: 4 * H, columns: H, inner: rows)
    // b_ih and b_hh stand in the same sum, so their gradients are equal.
    let bias = gradient + inputBias.offset
    bias.update(repeating: 0, count: 4 * H)
    kernels.pointee.sum_rows(rows, 4 * H, bias, gates.pointer)
    (gradient + recurrentBias.offset).update(from: bias, count: 4 * H)
  }
}
