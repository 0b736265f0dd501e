internal import CKernels
internal import TsuzuriKernels

extension MemoryCellLayer {
  /// Backpropagation through the window's time: the step's own way back, and then
  ///
  ///     δh_{t−1} = δh_{t−1} + W_hh^T δsums_t
  ///
  /// The gates' gradients replace the gates; the gradient of W_hh is one product over all T·B rows. The gradient
  /// of the state that the window starts from is not handed on: that is what truncates.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient
  ) {
    let (B, P) = (place.lanes, place.shape.outputSize)
    memory.cellGradient.clear()
    for t in (0..<time).reversed() {
      let step = memory.step(t)
      backwardStep(step, outputGradient: outputGradient + t * B * P, parameters: parameters)
      memory.endBackwardStep(t)
      if t > 0 {
        let below = outputGradient + (t - 1) * B * P
        place.beginnings[0].takingRows(of: below, step: t) {
          memory.weights.backward[0].multiply(
            step.gates, into: below, rows: B, adding: true, using: place.arithmetic)
        }
      }
    }
    if place.findsStartGradients {
      memory.weights.backward[0].multiply(
        memory.gates.pointer, into: memory.startGradients[0].pointer, rows: B, using: place.arithmetic)
      place.beginnings[0].take(memory.startGradients[0].pointer, step: 0)
    }
    memory.writeSharedGradients(rows: time * B, into: gradient)
    writeOwnGradients(time: time, outputGradient: outputGradient, into: gradient)
  }
}

extension MemoryCellWindow {
  /// The gradients of W_hh and of the biases, from those of the sums over `rows` = T·B.
  ///
  /// - Parameter products: the gradient of W_hh h [T·B, G·H], where it is not that of the sums.
  func writeSharedGradients(
    rows: Int, ofRecurrentProducts products: UnsafePointer<Float>? = nil, into gradient: WindowGradient
  ) {
    gradient.note(
      transposed: products ?? UnsafePointer(gates.pointer), by: outputBefore.pointer, of: recurrentWeight, inner: rows)
    // b_ih and b_hh stand in the same sum, so their gradients are equal.
    let bias = gradient.of(inputBias)
    bias.update(repeating: 0, count: gateRows)
    place.arithmetic.kernels.table.pointee.sum_rows(rows, gateRows, bias, gates.pointer)
    gradient.of(recurrentBias).update(from: bias, count: gateRows)
  }
}
