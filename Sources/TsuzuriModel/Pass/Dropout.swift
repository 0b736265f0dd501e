internal import CKernels
internal import TsuzuriKernels

/// What a pass's dropout depends on: nothing but the run's seed, the step and the element's place.
package struct DropoutKey: Sendable, Hashable {
  /// The run's seed.
  package var seed: UInt64
  /// The number of the step.
  package var step: Int
  /// The number, in the whole batch, of the share's first lane.
  package var firstLane: Int

  package init(seed: UInt64, step: Int, firstLane: Int) {
    self.seed = seed
    self.step = step
    self.firstLane = firstLane
  }
}

/// Inverted dropout at one place of the network: an element is kept with probability 1 − p and then multiplied by
/// 1 / (1 − p), so that nothing needs scaling when the model is used.
///
/// A variational one drops the same elements of a lane at every step of a window.
///
/// Source: Srivastava et al. 2014; on non-recurrent connections only, Zaremba, Sutskever & Vinyals 2014; variational, Gal &
/// Ghahramani 2016.
final class Dropout {
  private let width: Int
  private let site: UInt32
  private let keepThreshold: UInt64
  private let scale: Float
  private let isVariational: Bool
  private let kept: AlignedBuffer<UInt8>
  private let kernels: KernelSet

  /// - Parameter site: 0 after the embedding, k after layer k; part of what an element's random bits depend on.
  init(probability: Float, isVariational: Bool, site: Int, width: Int, maximumRows: Int, kernels: KernelSet) {
    self.isVariational = isVariational
    self.width = width
    self.site = UInt32(site)
    (keepThreshold, scale) = Self.threshold(keeping: 1 - Double(probability))
    kept = AlignedBuffer(count: maximumRows * width)
    self.kernels = kernels
  }

  /// Below what 32 random bits keep an element, and what it is multiplied by then.
  static func threshold(keeping probability: Double) -> (threshold: UInt64, scale: Float) {
    let threshold = UInt64((probability * 0x1p32).rounded())
    return (threshold, Float(0x1p32 / Double(threshold)))
  }

  /// - Shape: both [T, B, width].
  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, time: Int, lanes: Int, key: DropoutKey
  ) {
    for t in 0..<(isVariational ? min(time, 1) : time) {
      for lane in 0..<lanes { draw(input, into: output, row: t * lanes + lane, time: t, lane: lane, key: key) }
    }
    guard isVariational, time > 1 else { return }
    let count = lanes * width
    for t in 1..<time {
      (kept.pointer + t * count).update(from: kept.pointer, count: count)
      if output != input { (output + t * count).update(from: input + t * count, count: count) }
    }
    kernels.table.pointee.dropout_backward((time - 1) * count, output + count, kept.pointer + count, scale)
  }

  private func draw(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, row: Int, time: Int, lane: Int,
    key: DropoutKey
  ) {
    // The seed's own streams belong to CounterBasedGenerator; another key keeps the two apart.
    kernels.table.pointee.dropout_forward(
      width, output + row * width, kept.pointer + row * width, input + row * width, key.seed ^ 0x6f75_7400_6472_6f70,
      UInt32(truncatingIfNeeded: key.step), UInt32(truncatingIfNeeded: time),
      UInt32(truncatingIfNeeded: key.firstLane + lane) << 7 | site, keepThreshold, scale)
  }

  /// Turns the gradient of the output into that of the input, in place.
  func backward(_ gradient: UnsafeMutablePointer<Float>, rows: Int) {
    kernels.table.pointee.dropout_backward(rows * width, gradient, kept.pointer, scale)
  }
}
