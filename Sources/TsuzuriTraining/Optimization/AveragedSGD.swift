internal import CKernels
package import TsuzuriKernels

// SAFETY: `step`, `stepCount` and `averagingStart` change in beginStep, setStepCount and startAveraging only, which the
// protocol places outside the parallel part of a step; the average is written there and by update, in ranges that do not
// overlap.
/// Stochastic gradient descent whose result is the mean of the weights that it went through.
///
///     g  ← gradient · scale + weightDecay · p
///     p  ← p − rate · g
///     p̄ ← p̄ + (p − p̄) / (t − T + 1)
///
/// T is the number of steps behind which averaging began, so that p̄ is the mean of the weights after T, T + 1, … t steps:
/// these are measured, saved and written with, while p goes on alone. Before that there is no average, and this is plain
/// descent.
///
/// - `asgd` begins after two steps: `torch.optim.ASGD(lambd=0, t0=0)` at a constant rate, whose `ax` this is.
/// - `nt-asgd` begins where the validation loss tells (``NonMonotoneTrigger``).
///
/// - Shape: parameters, gradients and p̄ (`average`): [parameterCount].
///
/// Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the trigger, Merity, Keskar &
/// Socher 2018, "Regularizing and optimizing LSTM language models", algorithm 1.
public final class AveragedSGD: Optimizer, @unchecked Sendable {
  /// What does not change from step to step.
  public struct Options: Codable, Sendable, Hashable {
    /// n: averaging begins at a validation that is worse than the best of those more than n validations ago; nil begins
    /// at once.
    public var nonMonotoneInterval: Int?
    /// What multiple of a parameter is added to its gradient.
    public var weightDecay: Double

    /// Averages at once unless told to wait.
    public init(nonMonotoneInterval: Int? = nil, weightDecay: Double = 0) {
      self.nonMonotoneInterval = nonMonotoneInterval
      self.weightDecay = weightDecay
    }
  }

  /// The numbers of one step.
  struct Step {
    var gradientScale: Float = 1
    var rate: Float = 0
    /// What part of its way to the new weights the average goes; nil before there is one.
    var part: Float?
  }

  /// How many parameters the buffer holds.
  public let parameterCount: Int
  /// What does not change from step to step.
  public let options: Options
  /// How many steps have been begun: t in the equations.
  public private(set) var stepCount = 0
  /// T, the steps behind which averaging began; nil before it does.
  public private(set) var averagingStart: Int?

  /// Where PyTorch's average begins without a start of its own.
  private static let immediateStart = 2
  private let kernels: KernelSet?
  private let average: FloatBuffer
  private var step = Step()

  /// No average yet, for `parameterCount` parameters.
  public convenience init(parameterCount: Int, options: Options = Options()) {
    self.init(parameterCount: parameterCount, options: options, kernels: .best)
  }

  /// The same with the kernels named; without any, the plain loop.
  package init(parameterCount: Int, options: Options, kernels: KernelSet?) {
    self.parameterCount = parameterCount
    self.options = options
    self.kernels = kernels
    average = FloatBuffer(count: parameterCount)
    averagingStart = options.nonMonotoneInterval == nil ? Self.immediateStart : nil
  }

  /// `average`.
  public var stateBuffers: [OptimizerStateBuffer] { [OptimizerStateBuffer(name: "average", values: average.all)] }

  /// The mean of the weights since ``averagingStart``; nil where there is none yet.
  public var averagedParameters: UnsafeBufferPointer<Float>? {
    guard let averagingStart, stepCount >= max(1, averagingStart) else { return nil }
    return UnsafeBufferPointer(average.all)
  }

  /// Begins averaging with the weights as they are now.
  public func startAveraging(from parameters: UnsafeBufferPointer<Float>) {
    precondition(parameters.count == parameterCount, "\(parameters.count) parameters, expected \(parameterCount)")
    averagingStart = stepCount
    _ = average.all.update(from: parameters)
  }

  /// Sets where averaging began, for a state that is restored.
  public func setAveragingStart(_ start: Int?) {
    averagingStart = options.nonMonotoneInterval == nil ? Self.immediateStart : start
  }

  /// Counts a step and keeps its rate and scale.
  public func beginStep(learningRate: Double, gradientScale: Double) {
    stepCount += 1
    step = Step(
      gradientScale: Float(gradientScale), rate: Float(learningRate),
      part: averagingStart.map { Float(1 / Double(max(1, stepCount - $0 + 1))) })
  }

  /// Updates the parameters in `range`, and their average, for the step that was begun last.
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
    if let part = step.part {
      kernels.table.pointee.sgd_averaged(
        range.count, parameters.baseAddress! + start, gradients.baseAddress!, average.all.baseAddress! + start,
        step.gradientScale, decay, step.rate, part)
    } else {
      kernels.table.pointee.sgd(
        range.count, parameters.baseAddress! + start, gradients.baseAddress!, step.gradientScale, decay, step.rate)
    }
  }

  /// The reference that the kernels are compared with.
  private func updatePlainly(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    for i in range {
      let g = gradients[i - range.lowerBound] * step.gradientScale + Float(options.weightDecay) * parameters[i]
      parameters[i] -= step.rate * g
      if let part = step.part { average.all[i] += (parameters[i] - average.all[i]) * part }
    }
  }

  /// Sets the number of steps that count as begun.
  public func setStepCount(_ count: Int) { stepCount = count }
}
