internal import CKernels
internal import TsuzuriKernels

extension MinGRULayer {
  /// Backpropagation through the window's time.
  ///
  ///     δz_t = δh_t ⊙ (n_t − h_{t−1}) ⊙ z_t (1 − z_t)
  ///     δn_t = δh_t ⊙ z_t
  ///     δh_{t−1} = δh_{t−1} + δh_t ⊙ (1 − z_t)
  ///
  /// Between δh_t and δh_{t−1} stands nothing but 1 − z_t, as the forget gate between an LSTM's cells: while z is near zero
  /// an error can travel back over many steps without fading.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    startGradient.clear()
    if place.resets != nil {
      for t in (0..<time).reversed() {
        let below = t > 0 ? outputGradient + (t - 1) * B * H : startGradient.pointer
        place.beginnings[0].mask(h.pointer + t * B * H, into: single.pointer, step: t)
        place.beginnings[0].takingRows(of: below, step: t) {
          kernels.pointee.min_gru_backward(
            1, B, H, gates.pointer + t * B * 2 * H, single.pointer, outputGradient + t * B * H, below)
        }
      }
    } else {
      kernels.pointee.min_gru_backward(time, B, H, gates.pointer, h.pointer, outputGradient, startGradient.pointer)
    }
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: inputBias.count)
    kernels.pointee.sum_rows(time * B, inputBias.count, bias, gates.pointer)
  }
}
