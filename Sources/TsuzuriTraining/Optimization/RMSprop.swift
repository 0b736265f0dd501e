internal import CKernels
package import TsuzuriKernels

// SAFETY: `step` and `stepCount` change in beginStep and setStepCount only, which the protocol places before the
// parallel part of a step; the state is written by update alone, in ranges that do not overlap.
/// RMSprop: each gradient over the root of the mean of its squares, as `torch.optim.RMSprop` has it.
///
///     g ← gradient · scale + weightDecay · p
///     s ← α · s + (1 − α) · g²
///     u ← g / (√s + ε)                        (centred: m ← m + (g − m) · (1 − α), and √(s − m²) in place of √s)
///     p ← p − rate · u                        (momentum: v ← momentum · v + u, and v in place of u)
///
/// - Shape: parameters, gradients, s (`square`), m (`mean`, centred only) and v (`velocity`, with momentum only):
///   [parameterCount].
///
/// Source: Tieleman & Hinton 2012, "Lecture 6.5: rmsprop"; the centred form, Graves 2013, "Generating sequences with
/// recurrent neural networks", eq. 38 to 41, whose ε stands inside the root.
public final class RMSprop: Optimizer, @unchecked Sendable {
  /// What does not change from step to step.
  public struct Options: Codable, Sendable, Hashable {
    /// α, how much of the mean square is kept.
    public var alpha: Double
    /// ε, what is added to the root of the mean square.
    public var epsilon: Double
    /// How much of the velocity is kept; 0 goes without.
    public var momentum: Double
    /// Whether the squares are those of the gradient's distance from its mean.
    public var isCentered: Bool
    /// What multiple of a parameter is added to its gradient.
    public var weightDecay: Double

    /// PyTorch's numbers.
    public init(
      alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, isCentered: Bool = false,
      weightDecay: Double = 0
    ) {
      self.alpha = alpha
      self.epsilon = epsilon
      self.momentum = momentum
      self.isCentered = isCentered
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
  private let square: FloatBuffer
  private let mean: FloatBuffer?
  private let velocity: FloatBuffer?
  private var step = Step()

  /// A state of zeros for `parameterCount` parameters.
  public convenience init(parameterCount: Int, options: Options = Options()) {
    self.init(parameterCount: parameterCount, options: options, kernels: .best)
  }

  /// The same with the kernels named; without any, the plain loop.
  package init(parameterCount: Int, options: Options, kernels: KernelSet?) {
    self.parameterCount = parameterCount
    self.options = options
    self.kernels = kernels
    square = FloatBuffer(count: parameterCount)
    mean = options.isCentered ? FloatBuffer(count: parameterCount) : nil
    velocity = options.momentum == 0 ? nil : FloatBuffer(count: parameterCount)
  }

  /// `square`, and `mean` and `velocity` where there are such.
  public var stateBuffers: [OptimizerStateBuffer] {
    [("square", square), ("mean", mean), ("velocity", velocity)].compactMap { name, state in
      state.map { OptimizerStateBuffer(name: name, values: $0.all) }
    }
  }

  /// Counts a step and keeps its rate and scale.
  public func beginStep(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    step = Step(gradientScale: Float(gradientScale), rate: Float(learningRate))
  }

  /// Updates the parameters in `range`, and their state, for the step that was begun last.
  public func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard !range.isEmpty, let kernels else {
      updatePlainly(parameters: parameters, gradients: gradients, in: range)
      return
    }
    let start = range.lowerBound
    kernels.table.pointee.rmsprop(
      range.count, parameters.baseAddress! + start, gradients.baseAddress!, square.all.baseAddress! + start,
      mean.map { $0.all.baseAddress! + start }, velocity.map { $0.all.baseAddress! + start }, step.gradientScale,
      Float(options.weightDecay), step.rate, Float(options.alpha), Float(1 - options.alpha), Float(options.epsilon),
      Float(options.momentum))
  }

  /// The reference that the kernels are compared with.
  private func updatePlainly(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    let rest = Float(1 - options.alpha)
    for i in range {
      let g = gradients[i - range.lowerBound] * step.gradientScale + Float(options.weightDecay) * parameters[i]
      square.all[i] = square.all[i] * Float(options.alpha) + rest * g * g
      var variance = square.all[i]
      if let mean {
        mean.all[i] += (g - mean.all[i]) * rest
        // A rounding error must not leave a root of less than nothing.
        variance = max(0, variance - mean.all[i] * mean.all[i])
      }
      var direction = g / (variance.squareRoot() + Float(options.epsilon))
      if let velocity {
        direction += Float(options.momentum) * velocity.all[i]
        velocity.all[i] = direction
      }
      parameters[i] -= step.rate * direction
    }
  }

  /// Sets the number of steps that count as begun.
  public func setStepCount(_ count: Int) { stepCount = count }
}
