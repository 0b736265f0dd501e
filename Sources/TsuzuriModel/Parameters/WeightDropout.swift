internal import CKernels
package import TsuzuriKernels

/// Dropout of a matrix from state to state: the passes of a step read a copy in which elements are missing, and only what was
/// read has a gradient.
///
///     W̃ = mask ⊙ W / (1 − p)      δW = mask ⊙ δW̃ / (1 − p)
///
/// The mask is the same at every time step and in every lane, so that the matrix can be packed once a step and what is dropped
/// is a connection, not an activation: dropout between h_{t−1} and h_t would forget a little at every step.
///
/// Source: Merity, Keskar & Socher 2018, section 2, after Wan et al. 2013.
package final class WeightDropout: @unchecked Sendable {
  // SAFETY: written while the weights are prepared, by the thread that prepares this layer; read between that and the next.

  package let slice: ParameterLayout.Slice
  /// W̃.
  let masked: FloatBuffer
  private let kept: AlignedBuffer<UInt8>
  private let place: UInt32
  private let threshold: UInt64
  private let scale: Float

  /// - Parameter place: the number of the layer among those of all stacks; part of what the mask depends on.
  init(_ slice: ParameterLayout.Slice, probability: Float, place: Int) {
    self.slice = slice
    self.place = UInt32(place)
    (threshold, scale) = Dropout.threshold(keeping: 1 - Double(probability))
    masked = FloatBuffer(count: slice.count)
    kept = AlignedBuffer(count: slice.count)
  }

  /// Draws the step's mask.
  func draw(from parameters: UnsafePointer<Float>, key: DropoutKey, using kernels: KernelSet) {
    // Another cipher key than that of dropped activations and tokens.
    kernels.table.pointee.dropout_forward(
      slice.count, masked.pointer, kept.pointer, parameters + slice.offset, key.seed ^ 0x7765_6967_6874_7300,
      UInt32(truncatingIfNeeded: key.step), 0, place, threshold, scale)
  }

  /// Turns the gradient of W̃ into that of W, for some elements of the flat buffer.
  package func mask(_ gradient: UnsafeMutablePointer<Float>, in range: Range<Int>, using kernels: KernelSet) {
    let own = (slice.offset..<slice.offset + slice.count).clamped(to: range)
    if own.isEmpty { return }
    kernels.table.pointee.dropout_backward(
      own.count, gradient + own.lowerBound, kept.pointer + own.lowerBound - slice.offset, scale)
  }
}
