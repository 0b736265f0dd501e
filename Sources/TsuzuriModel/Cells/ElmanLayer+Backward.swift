internal import CKernels
internal import TsuzuriKernels

extension ElmanLayer {
  /// Backpropagation through the window's time.
  ///
  ///     δs_t = δh_t ⊙ (1 − h_t²)      with max(0, ·): δh_t where h_t > 0, else 0
  ///     δh_{t−1} = δh_{t−1} + W_hh^T δs_t
  ///
  /// s is the sum inside tanh. Both slopes can be had from h alone. The sums' gradients replace the sums; the gradient of
  /// W_hh is one product over all T·B rows.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    for t in (0..<time).reversed() {
      let (sums, output, above) = (
        steps.pointer + t * B * H, h.pointer + (t + 1) * B * H, outputGradient + t * B * H
      )
      if rectifies {
        kernels.pointee.elman_relu_backward(B * H, sums, output, above)
      } else {
        kernels.pointee.elman_tanh_backward(B * H, sums, output, above)
      }
      if t > 0 {
        let below = outputGradient + (t - 1) * B * H
        place.beginnings[0].takingRows(of: below, step: t) {
          weights.backward[0].multiply(sums, into: below, rows: B, adding: true, using: place.arithmetic)
        }
      }
    }
    if place.findsStartGradients {
      weights.backward[0].multiply(
        steps.pointer, into: startGradients[0].pointer, rows: B, using: place.arithmetic)
      place.beginnings[0].take(startGradients[0].pointer, step: 0)
    }
    let rows = time * B
    gradient.note(transposed: steps.pointer, by: before.pointer, of: recurrentWeight, inner: rows)
    // b_ih and b_hh stand in the same sum, so their gradients are equal.
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: H)
    kernels.pointee.sum_rows(rows, H, bias, steps.pointer)
    gradient.of(recurrentBias).update(from: bias, count: H)
  }
}
