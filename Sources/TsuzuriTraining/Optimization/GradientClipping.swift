internal import CKernels
package import TsuzuriKernels

/// Bounds on the gradient before it is used: on each value, and on the norm of all of them together.
///
/// Where both are set, values come first: the norm is that of the gradient that the optimizer will see, and its bound
/// holds for it. The factor is not applied here but as each gradient is read in the update (`gradientScale`), so that
/// it needs no pass of its own.
public struct GradientClipping: Codable, Sendable, Hashable {
  /// The largest norm of the whole gradient; nil lets any pass.
  public var maximumNorm: Double?
  /// The largest absolute value of an element; nil lets any pass.
  public var maximumValue: Double?

  /// Bounds that are known to be possible.
  public init(maximumNorm: Double? = nil, maximumValue: Double? = nil) {
    self.maximumNorm = maximumNorm
    self.maximumValue = maximumValue
  }

  /// Bounds as `--clip-norm` and `--clip-value` give them: 0 is off.
  ///
  /// - Throws: ``OptimizationError`` for a number below zero or none.
  public init(clipNorm: Double, clipValue: Double = 0) throws {
    for (option, found) in [("--clip-norm", clipNorm), ("--clip-value", clipValue)] {
      try OptimizationError.require(
        SinglePrecision.isOffOrBound(found), option: option, expected: "a finite number, 0 (off) or more", found: found)
    }
    self.init(maximumNorm: clipNorm == 0 ? nil : clipNorm, maximumValue: clipValue == 0 ? nil : clipValue)
  }

  /// What gradients of this norm have to be multiplied by: `min(1, maximumNorm / (norm + 10⁻⁶))`, as PyTorch has it.
  ///
  /// A norm that is not finite has no useful factor: the caller looks at `norm.isFinite` before it updates anything.
  /// For infinity the factor is 0, for NaN it is NaN.
  public func scale(forNorm norm: Double) -> Double {
    guard let maximumNorm else { return 1 }
    let factor = maximumNorm / (norm + 1e-6)
    // Not min(1, factor): it would hide a NaN.
    return factor > 1 ? 1 : factor
  }

  /// Brings each of `gradients` into −maximumValue … maximumValue; NaN stays. Does nothing where that is nil.
  public func clipValues(_ gradients: UnsafeMutableBufferPointer<Float>) {
    clipValues(gradients, kernels: .best)
  }

  /// The same with the kernels named.
  package func clipValues(_ gradients: UnsafeMutableBufferPointer<Float>, kernels: KernelSet) {
    guard let maximumValue, let base = gradients.baseAddress else { return }
    kernels.table.pointee.clamp(gradients.count, base, Float(maximumValue))
  }

  /// Clips values, measures, and says what the optimizer has to scale by, on the calling thread.
  ///
  /// - Returns: The norm after the values were clipped and before it is clipped itself, which may not be finite; and
  ///   the factor of ``scale(forNorm:)``, not yet applied.
  public func apply(to gradients: UnsafeMutableBufferPointer<Float>) -> (norm: Double, scale: Double) {
    clipValues(gradients)
    let norm = GradientNorm.norm(of: UnsafeBufferPointer(gradients))
    return (norm, scale(forNorm: norm))
  }
}
