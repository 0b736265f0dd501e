internal import CKernels
internal import TsuzuriKernels

extension GRUResetBeforeLayer {
  /// Backpropagation through the window's time.
  ///
  ///     δn_t = δh_t ⊙ (1 − z_t) ⊙ (1 − n_t²)
  ///     δz_t = δh_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
  ///     δu_t = W_hn^T δn_t                                u = r_t ⊙ h_{t−1}
  ///     δr_t = δu_t ⊙ h_{t−1} ⊙ r_t (1 − r_t)
  ///     δh_{t−1} = δh_{t−1} + z_t ⊙ δh_t + r_t ⊙ δu_t + W_h(r,z)^T δ(r, z)_t
  ///
  /// The gates' gradients replace the gates. The gradient of W_hh is two products over all T·B rows: that of r's and z's
  /// rows with h, that of n's with u.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let arithmetic = place.arithmetic
    let kernels = arithmetic.kernels.table
    startGradient.clear()
    for t in (0..<time).reversed() {
      let (sums, before) = (gates.pointer + t * B * 3 * H, before.step(t))
      let below = t > 0 ? outputGradient + (t - 1) * B * H : startGradient.pointer
      place.beginnings[0].takingRows(of: below, step: t) {
        kernels.pointee.gru_update_backward(B, H, sums, before, outputGradient + t * B * H, below)
        weights.backward[1].multiply(
          sums + 2 * H, into: resetGradient.pointer, rows: B, aStride: 3 * H, using: arithmetic)
        kernels.pointee.gru_reset_backward(B, H, sums, before, resetGradient.pointer, below)
        if t > 0 || place.findsStartGradients {
          weights.backward[0].multiply(sums, into: below, rows: B, aStride: 3 * H, adding: true, using: arithmetic)
        }
      }
    }
    let rows = time * B
    gradient.note(
      transposed: gates.pointer, by: before.pointer, of: recurrentWeight, rows: 2 * H, inner: rows, errorStride: 3 * H)
    gradient.note(
      transposed: gates.pointer + 2 * H, by: reset.pointer, of: recurrentWeight, firstRow: 2 * H, rows: H, inner: rows,
      errorStride: 3 * H)
    // b_ih and b_hh stand in the same sums, so their gradients are equal.
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: 3 * H)
    kernels.pointee.sum_rows(rows, 3 * H, bias, gates.pointer)
    gradient.of(recurrentBias).update(from: bias, count: 3 * H)
  }
}
