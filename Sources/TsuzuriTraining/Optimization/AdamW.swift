internal import CKernels
package import TsuzuriKernels

// SAFETY: `step` and `stepCount` change in beginStep and setStepCount only, which the protocol places before the
// parallel part of a step; the state is written by update alone, in ranges that do not overlap.
/// Adam: steps by the gradient's mean over the root of its mean square; AdamW, with weight decay apart from the gradient, in
/// the order of PyTorch's `torch.optim.AdamW`, or Adam as first published (``Options/couplesWeightDecay``), in that of
/// `torch.optim.Adam`.
///
///     g ← gradient · scale                    (coupled: + weightDecay · p)
///     p ← p · (1 − rate · weightDecay)        (coupled: p as it is)
///     m ← m + (g − m) · (1 − β₁)
///     v ← v · β₂ + (1 − β₂) · g²
///     p ← p − rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// - Shape: parameters, gradients, m (`first_moment`) and v (`second_moment`): [parameterCount].
///
/// Without weight decay the two are one.
///
/// Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2; Kingma & Ba 2015, "Adam: a method
/// for stochastic optimization", algorithm 1.
public final class AdamW: Optimizer, @unchecked Sendable {
  /// What does not change from step to step.
  public struct Options: Codable, Sendable, Hashable {
    /// β₁, how much of the mean gradient is kept.
    public var beta1: Double
    /// β₂, how much of the mean squared gradient is kept.
    public var beta2: Double
    /// ε, what is added to the root of the mean square.
    public var epsilon: Double
    /// What part of a parameter, times the rate, is taken away in a step; coupled, what multiple of it joins the gradient.
    public var weightDecay: Double
    /// Whether weight decay joins the gradient, and so m and v, too: then it is Adam. Stored as the optimizer's name.
    public var couplesWeightDecay = false

    private enum CodingKeys: String, CodingKey { case beta1, beta2, epsilon, weightDecay }

    /// PyTorch's numbers, but no weight decay unless asked for.
    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
      couplesWeightDecay: Bool = false
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.couplesWeightDecay = couplesWeightDecay
    }
  }

  /// The numbers of one step, computed in Double and rounded once.
  struct Step {
    var gradientScale: Float = 1
    /// What the parameter is multiplied by, and what multiple of it joins the gradient.
    var decay: Float = 1
    var coupling: Float = 0
    var oneMinusBeta1: Float = 0
    var beta2: Float = 0
    var oneMinusBeta2: Float = 0
    var rate: Float = 0
    var root: Float = 1
    var epsilon: Float = 0
  }

  /// How many parameters the buffer holds.
  public let parameterCount: Int
  /// What does not change from step to step.
  public let options: Options
  /// How many steps have been begun: t in the equations.
  public private(set) var stepCount = 0

  private let kernels: KernelSet?
  private let first: FloatBuffer
  private let second: FloatBuffer
  private var step = Step()

  /// Moments of zero for `parameterCount` parameters.
  public convenience init(parameterCount: Int, options: Options = Options()) {
    self.init(parameterCount: parameterCount, options: options, kernels: .best)
  }

  /// The same with the kernels named; without any, the plain loop.
  package init(parameterCount: Int, options: Options, kernels: KernelSet?) {
    self.parameterCount = parameterCount
    self.options = options
    self.kernels = kernels
    first = FloatBuffer(count: parameterCount)
    second = FloatBuffer(count: parameterCount)
  }

  /// `first_moment` and `second_moment`.
  public var stateBuffers: [OptimizerStateBuffer] {
    [
      OptimizerStateBuffer(name: "first_moment", values: first.all),
      OptimizerStateBuffer(name: "second_moment", values: second.all),
    ]
  }

  /// Counts a step and computes the corrections of the moments' bias towards zero.
  public func beginStep(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    step = Step(
      gradientScale: Float(gradientScale),
      decay: options.couplesWeightDecay ? 1 : Float(1 - learningRate * options.weightDecay),
      coupling: options.couplesWeightDecay ? Float(options.weightDecay) : 0,
      oneMinusBeta1: Float(1 - options.beta1),
      beta2: Float(options.beta2),
      oneMinusBeta2: Float(1 - options.beta2),
      rate: Float(learningRate / (1 - power(options.beta1, stepCount))),
      root: Float(1 / (1 - power(options.beta2, stepCount)).squareRoot()),
      epsilon: Float(options.epsilon))
  }

  /// Updates the parameters in `range`, and their moments, for the step that was begun last.
  public func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard !range.isEmpty, let kernels else {
      updatePlainly(parameters: parameters, gradients: gradients, in: range)
      return
    }
    let (table, couples) = (kernels.table.pointee, options.couplesWeightDecay)
    (couples ? table.adam : table.adamw)?(
      range.count, parameters.baseAddress! + range.lowerBound, gradients.baseAddress!,
      first.all.baseAddress! + range.lowerBound, second.all.baseAddress! + range.lowerBound,
      step.gradientScale, couples ? step.coupling : step.decay, step.oneMinusBeta1, step.beta2, step.oneMinusBeta2,
      step.rate, step.root,
      step.epsilon)
  }

  /// The reference that the kernels are compared with.
  private func updatePlainly(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    for i in range {
      let g = gradients[i - range.lowerBound] * step.gradientScale + step.coupling * parameters[i]
      first.all[i] += (g - first.all[i]) * step.oneMinusBeta1
      second.all[i] = second.all[i] * step.beta2 + step.oneMinusBeta2 * g * g
      let denominator = second.all[i].squareRoot() * step.root + step.epsilon
      parameters[i] = parameters[i] * step.decay - step.rate * (first.all[i] / denominator)
    }
  }

  /// Sets the number of steps that count as begun.
  public func setStepCount(_ count: Int) { stepCount = count }
}

/// `base` to a power of whole steps, by squaring: the same bits on every platform, which libm's `pow` does not promise.
func power(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var rest = exponent
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
