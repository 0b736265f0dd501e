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
/// Source: Srivastava et al. 2014; on non-recurrent connections only, Zaremba, Sutskever & Vinyals 2014.
final class Dropout {
  private let width: Int
  private let site: UInt32
  private let keepThreshold: UInt64
  private let scale: Float
  private let kept: AlignedBuffer<UInt8>
  private let kernels: KernelSet

  /// - Parameter site: 0 after the embedding, k after layer k; part of what an element's random bits depend on.
  init(probability: Float, site: Int, width: Int, maximumRows: Int, kernels: KernelSet) {
    self.width = width
    self.site = UInt32(site)
    keepThreshold = UInt64(((1 - Double(probability)) * 0x1p32).rounded())
    scale = Float(0x1p32 / Double(keepThreshold))
    kept = AlignedBuffer(count: maximumRows * width)
    self.kernels = kernels
  }

  /// - Shape: both [T, B, width].
  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, time: Int, lanes: Int, key: DropoutKey
  ) {
    // The seed's own streams belong to CounterBasedGenerator; another key keeps the two apart.
    let cipherKey = key.seed ^ 0x6f75_7400_6472_6f70
    for t in 0..<time {
      for lane in 0..<lanes {
        let row = t * lanes + lane
        kernels.table.pointee.dropout_forward(
          width, output + row * width, kept.pointer + row * width, input + row * width, cipherKey,
          UInt32(truncatingIfNeeded: key.step), UInt32(truncatingIfNeeded: t),
          UInt32(truncatingIfNeeded: key.firstLane + lane) << 7 | site, keepThreshold, scale)
      }
    }
  }

  /// Turns the gradient of the output into that of the input, in place.
  func backward(_ gradient: UnsafeMutablePointer<Float>, rows: Int) {
    kernels.table.pointee.dropout_backward(rows * width, gradient, kept.pointer, scale)
  }
}
