internal import CKernels
package import TsuzuriKernels

// SAFETY: the step's numbers change in beginStep and setStepCount only, which the protocol places before the parallel part of
// a step; what it reads beside them never changes.
/// How weights move in dynamic evaluation: along the gradient, less where gradients are large anyway, and back to where
/// training left them, more where they are.
///
///     w ← w − η · g / (RMS + ε) + min(1, λ · RMS / mean(RMS)) ⊙ (w_trained − w)
///
/// RMS is what ``GradientStatistics`` holds, and its mean that over all parameters. Both differences are taken before either
/// is made.
///
/// - Shape: parameters, gradients, w_trained and RMS: [parameterCount].
///
/// Source: Krause, Kahembwe, Murray & Renals 2018, "Dynamic evaluation of neural sequence models", eqs 5 to 9.
package final class DynamicRule: Optimizer, @unchecked Sendable {
  package let parameterCount: Int
  /// How many steps have been begun.
  package private(set) var stepCount = 0
  private let trained: FloatBuffer
  private let statistics: GradientStatistics
  private let epsilon: Float
  /// λ / mean(RMS).
  private let decay: Float
  private let kernels: KernelSet?
  private var rate: Float = 0

  /// - Parameters:
  ///   - trained: the weights that training left.
  ///   - kernels: without any, the plain loop.
  package init(
    trained: FloatBuffer, statistics: GradientStatistics, options: DynamicScorer.Options, kernels: KernelSet? = .best
  ) {
    precondition(
      trained.count == statistics.roots.count,
      "\(statistics.roots.count) statistics were given for \(trained.count) parameters")
    parameterCount = trained.count
    self.trained = trained
    self.statistics = statistics
    self.kernels = kernels
    epsilon = Float(options.epsilon)
    // Where no gradient was ever found, nothing is pulled.
    decay = statistics.mean > 0 ? Float(options.decay / statistics.mean) : 0
  }

  package var stateBuffers: [OptimizerStateBuffer] { [] }

  package func beginStep(learningRate: Double, gradientScale: Double) {
    precondition(gradientScale == 1, "the gradients of dynamic evaluation are not clipped")
    stepCount += 1
    rate = Float(learningRate)
  }

  package func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard let base = parameters.baseAddress, let gradient = gradients.baseAddress, let kernels else {
      for i in range {
        let root = statistics.roots.pointer[i]
        let pull = min(1, decay * root)
        parameters[i] +=
          pull * (trained.pointer[i] - parameters[i]) - rate * (gradients[i - range.lowerBound] / (root + epsilon))
      }
      return
    }
    let start = range.lowerBound
    kernels.table.pointee.dynamic_update(
      range.count, base + start, gradient, trained.pointer + start, statistics.roots.pointer + start, rate, epsilon,
      decay)
  }

  package func setStepCount(_ count: Int) { stepCount = count }
}
