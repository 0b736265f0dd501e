internal import CKernels
internal import TsuzuriKernels

extension GRULayer {
  /// Backpropagation through the window's time.
  ///
  ///     δn_t = δh_t ⊙ (1 − z_t) ⊙ (1 − n_t²)
  ///     δz_t = δh_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
  ///     δr_t = δn_t ⊙ (W_hn h_{t−1} + b_hn) ⊙ r_t (1 − r_t)
  ///     δm_t = δn_t ⊙ r_t                                      m = W_hn h_{t−1} + b_hn
  ///     δh_{t−1} = δh_{t−1} + z_t ⊙ δh_t + W_h(r,z)^T δ(r, z)_t + W_hn^T δm_t
  ///
  /// For r and z the sums of input and state have one gradient, for n two, δn and δm. So δm replaces m in a buffer of its
  /// own, and the gradient of W_hh is two products over all T·B rows: one of r's and z's rows, one of n's.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let arithmetic = place.arithmetic
    let kernels = arithmetic.kernels.table
    startGradient.clear()
    for t in (0..<time).reversed() {
      let (sums, reset) = (gates.pointer + t * B * 3 * H, inner.pointer + t * B * H)
      let below = t > 0 ? outputGradient + (t - 1) * B * H : startGradient.pointer
      place.beginnings[0].takingRows(of: below, step: t) {
        kernels.pointee.gru_backward(B, H, sums, reset, before.step(t), outputGradient + t * B * H, below)
        if t > 0 || place.findsStartGradients {
          weights.backward[0].multiply(sums, into: below, rows: B, aStride: 3 * H, adding: true, using: arithmetic)
          weights.backward[1].multiply(reset, into: below, rows: B, adding: true, using: arithmetic)
        }
      }
    }
    let rows = time * B
    gradient.note(
      transposed: gates.pointer, by: before.pointer, of: recurrentWeight, rows: 2 * H, inner: rows, errorStride: 3 * H)
    gradient.note(
      transposed: inner.pointer, by: before.pointer, of: recurrentWeight, firstRow: 2 * H, rows: H, inner: rows)
    let (bias, innerBias) = (gradient.of(inputBias), gradient.of(recurrentBias) + 2 * H)
    bias.update(repeating: 0, count: 3 * H)
    kernels.pointee.sum_rows(rows, 3 * H, bias, gates.pointer)
    gradient.of(recurrentBias).update(from: bias, count: 2 * H)
    innerBias.update(repeating: 0, count: H)
    kernels.pointee.sum_rows(rows, H, innerBias, inner.pointer)
  }
}
