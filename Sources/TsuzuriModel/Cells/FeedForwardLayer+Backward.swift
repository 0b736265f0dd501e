internal import CKernels
internal import TsuzuriKernels

extension FeedForwardLayer {
  /// The gradients of a window. No error goes from h_t to h_{t−1}; each product gets that of the step it was added to.
  ///
  ///     δa_t = δh_t ⊙ (1 − h_t²)                 the gradient of the sum inside tanh
  ///     δ(W_n x_t) = δa_{t+n}                    none where t + n lies behind the window
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, H) = (place.lanes, place.hiddenSize)
    let kernels = place.arithmetic.kernels.table
    startGradient.clear()
    kernels.pointee.feed_forward_backward(
      time, B, H, context, products.pointer, h.pointer, outputGradient, startGradient.pointer)
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: H)
    // Block 0 of each row is δa.
    for row in 0..<time * B { kernels.pointee.add(H, bias, products.pointer + row * context * H) }
  }
}
