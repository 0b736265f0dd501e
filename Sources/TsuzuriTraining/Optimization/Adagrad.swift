internal import CKernels
package import TsuzuriKernels

// SAFETY: `step` and `stepCount` change in beginStep and setStepCount only, which the protocol places before the
// parallel part of a step; the state is written by update alone, in ranges that do not overlap.
/// Adagrad: each gradient over the root of the sum of all its squares so far, as `torch.optim.Adagrad` has it.
///
///     g ← gradient · scale + weightDecay · p
///     s ← s + g²
///     p ← p − rate · g / (√s + ε)
///
/// What has moved much moves less and less: the rate falls by itself, each parameter's as fast as it was used. A word that
/// occurs seldom keeps large steps.
///
/// - Shape: parameters, gradients and s (`sum`): [parameterCount].
///
/// Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization",
/// the diagonal form of section 3.
public final class Adagrad: Optimizer, @unchecked Sendable {
  /// What does not change from step to step.
  public struct Options: Codable, Sendable, Hashable {
    /// ε, what is added to the root of the sum.
    public var epsilon: Double
    /// What multiple of a parameter is added to its gradient.
    public var weightDecay: Double

    /// PyTorch's numbers.
    public init(epsilon: Double = 1e-10, weightDecay: Double = 0) {
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  /// The numbers of one step.
  struct Step {
    var gradientScale: Float = 1
    var rate: Float = 0
  }

  /// How many parameters the buffer holds.
  public let parameterCount: Int
  /// What does not change from step to step.
  public let options: Options
  /// How many steps have been begun.
  public private(set) var stepCount = 0

  private let kernels: KernelSet?
  private let sum: FloatBuffer
  private var step = Step()

  /// Sums of zero for `parameterCount` parameters.
  public convenience init(parameterCount: Int, options: Options = Options()) {
    self.init(parameterCount: parameterCount, options: options, kernels: .best)
  }

  /// The same with the kernels named; without any, the plain loop.
  package init(parameterCount: Int, options: Options, kernels: KernelSet?) {
    self.parameterCount = parameterCount
    self.options = options
    self.kernels = kernels
    sum = FloatBuffer(count: parameterCount)
  }

  /// `sum`.
  public var stateBuffers: [OptimizerStateBuffer] { [OptimizerStateBuffer(name: "sum", values: sum.all)] }

  /// Counts a step and keeps its rate and scale.
  public func beginStep(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    step = Step(gradientScale: Float(gradientScale), rate: Float(learningRate))
  }

  /// Updates the parameters in `range`, and their sums, for the step that was begun last.
  public func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard !range.isEmpty, let kernels else {
      updatePlainly(parameters: parameters, gradients: gradients, in: range)
      return
    }
    kernels.table.pointee.adagrad(
      range.count, parameters.baseAddress! + range.lowerBound, gradients.baseAddress!,
      sum.all.baseAddress! + range.lowerBound, step.gradientScale, Float(options.weightDecay), step.rate,
      Float(options.epsilon))
  }

  /// The reference that the kernels are compared with.
  private func updatePlainly(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    for i in range {
      let g = gradients[i - range.lowerBound] * step.gradientScale + Float(options.weightDecay) * parameters[i]
      sum.all[i] += g * g
      parameters[i] -= step.rate * (g / (sum.all[i].squareRoot() + Float(options.epsilon)))
    }
  }

  /// Sets the number of steps that count as begun.
  public func setStepCount(_ count: Int) { stepCount = count }
}
