internal import CKernels
package import TsuzuriKernels

// SAFETY: `step` and `stepCount` change in beginStep and setStepCount only, which the protocol places before the
// parallel part of a step; the state is written by update alone, in ranges that do not overlap.
/// Stochastic gradient descent with momentum, Nesterov's look ahead and weight decay, as `torch.optim.SGD` has them.
///
///     g ← gradient · scale + weightDecay · p
///     v ← momentum · v + g
///     p ← p − rate · v                        (Nesterov: p − rate · (g + momentum · v))
///
/// The rate multiplies the velocity when it is used, not when it is stored; weight decay joins the gradient before
/// the velocity does (and after clipping).
///
/// - Shape: parameters, gradients and v (`velocity`, absent without momentum): [parameterCount].
///
/// Source: Sutskever, Martens, Dahl & Hinton 2013, "On the importance of initialization and momentum in deep learning",
/// eq. 1 to 4, with PyTorch's place for the rate.
public final class SGD: Optimizer, @unchecked Sendable {
  /// What does not change from step to step.
  public struct Options: Codable, Sendable, Hashable {
    /// How much of the velocity is kept; 0 is plain descent.
    public var momentum: Double
    /// Whether the gradient is taken to stand where the velocity leads.
    public var isNesterov: Bool
    /// What multiple of a parameter is added to its gradient.
    public var weightDecay: Double

    /// Plain descent unless asked for more.
    public init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
      self.momentum = momentum
      self.isNesterov = isNesterov
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
  // Plain descent remembers nothing, so it takes no memory either.
  private let velocity: FloatBuffer?
  private var step = Step()

  /// A velocity of zero for `parameterCount` parameters.
  public convenience init(parameterCount: Int, options: Options = Options()) {
    self.init(parameterCount: parameterCount, options: options, kernels: .best)
  }

  /// The same with the kernels named; without any, the plain loop.
  package init(parameterCount: Int, options: Options, kernels: KernelSet?) {
    self.parameterCount = parameterCount
    self.options = options
    self.kernels = kernels
    velocity = options.momentum == 0 ? nil : FloatBuffer(count: parameterCount)
  }

  /// `velocity`, or nothing without momentum.
  public var stateBuffers: [OptimizerStateBuffer] {
    velocity.map { [OptimizerStateBuffer(name: "velocity", values: $0.all)] } ?? []
  }

  /// Counts a step and keeps its rate and scale.
  public func beginStep(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    step = Step(gradientScale: Float(gradientScale), rate: Float(learningRate))
  }

  /// Updates the parameters in `range`, and their velocity, for the step that was begun last.
  public func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard !range.isEmpty, let kernels else {
      updatePlainly(parameters: parameters, gradients: gradients, in: range)
      return
    }
    let start = range.lowerBound
    let decay = Float(options.weightDecay)
    if let velocity {
      kernels.table.pointee.sgd_momentum(
        range.count, parameters.baseAddress! + start, gradients.baseAddress!,
        velocity.all.baseAddress! + start, step.gradientScale, decay, step.rate, Float(options.momentum),
        options.isNesterov ? 1 : 0)
    } else {
      kernels.table.pointee.sgd(
        range.count, parameters.baseAddress! + start, gradients.baseAddress!, step.gradientScale, decay,
        step.rate)
    }
  }

  /// The reference that the kernels are compared with.
  private func updatePlainly(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    let momentum = Float(options.momentum)
    for i in range {
      let g = gradients[i - range.lowerBound] * step.gradientScale + Float(options.weightDecay) * parameters[i]
      var direction = g
      if let velocity {
        velocity.all[i] = momentum * velocity.all[i] + g
        direction = options.isNesterov ? g + momentum * velocity.all[i] : velocity.all[i]
      }
      parameters[i] -= step.rate * direction
    }
  }

  /// Sets the number of steps that count as begun.
  public func setStepCount(_ count: Int) { stepCount = count }
}
