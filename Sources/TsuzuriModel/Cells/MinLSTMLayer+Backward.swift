internal import CKernels
internal import TsuzuriKernels

extension MinLSTMLayer {
  /// Backpropagation through the window's time.
  ///
  ///     δf′_t = δh_t ⊙ (h_{t−1} − n_t)
  ///     δf_t = δf′_t ⊙ f′_t i′_t ⊙ (1 − f_t)
  ///     δi_t = −δf′_t ⊙ f′_t i′_t ⊙ (1 − i_t)
  ///     δn_t = δh_t ⊙ i′_t
  ///     δh_{t−1} = δh_{t−1} + δh_t ⊙ f′_t
  ///
  /// The first line holds both gates' part, since i′ = 1 − f′. In the next two, ∂f′/∂f = i / (f + i)², times the sigmoid's
  /// slope f (1 − f), is f′ i′ (1 − f).
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
          kernels.pointee.min_lstm_backward(
            1, B, H, gates.pointer + t * B * 3 * H, single.pointer, outputGradient + t * B * H, below)
        }
      }
    } else {
      kernels.pointee.min_lstm_backward(time, B, H, gates.pointer, h.pointer, outputGradient, startGradient.pointer)
    }
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: inputBias.count)
    kernels.pointee.sum_rows(time * B, inputBias.count, bias, gates.pointer)
  }
}
