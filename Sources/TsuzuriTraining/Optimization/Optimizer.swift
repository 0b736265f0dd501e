/// A rule that moves parameters along their gradients, over one flat buffer.
///
/// A step has two parts, so that workers can share it: ``beginStep(learningRate:gradientScale:)`` once, then
/// ``update(parameters:gradients:in:)`` for ranges that together cover the buffer, each on any thread. Which worker
/// takes which range makes no difference to the bits: every element is computed alone.
///
/// Weight decay applies to every parameter, biases and embeddings included, which is PyTorch's default.
public protocol Optimizer: AnyObject, Sendable {
  /// How many parameters the buffer holds.
  var parameterCount: Int { get }

  /// How many steps have been begun.
  var stepCount: Int { get }

  /// What the rule remembers of former steps: one value a parameter and buffer, always in the same order.
  ///
  /// The checkpoint stores the values with ``stepCount``; ``restore(stepCount:valuesNamed:)`` puts them back.
  var stateBuffers: [OptimizerStateBuffer] { get }

  /// Counts a step and fixes the numbers that all its ranges share.
  ///
  /// - Parameters:
  ///   - learningRate: The rate of this step.
  ///   - gradientScale: What each gradient is multiplied by as it is read: the factor of norm clipping.
  func beginStep(learningRate: Double, gradientScale: Double)

  /// Updates the parameters in `range`, and their state, for the step that was begun last.
  ///
  /// Ranges of one step may be updated at the same time as long as they do not overlap.
  ///
  /// - Parameters:
  ///   - parameters: The whole buffer.
  ///   - gradients: The gradients of the parameters in `range`.
  ///   - range: The part to update.
  /// - Complexity: O(`range.count`), no allocation.
  func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>)

  /// Sets the number of steps that count as begun. The state's values are set through ``stateBuffers``.
  func setStepCount(_ count: Int)
}

/// A named part of an optimizer's state.
public struct OptimizerStateBuffer {
  /// The name in the checkpoint, such as `first_moment`.
  public let name: String
  /// The values, one a parameter, owned by the optimizer: valid as long as that lives.
  public let values: UnsafeMutableBufferPointer<Float>
}

extension Optimizer {
  /// One whole step on the calling thread.
  ///
  /// - Parameters:
  ///   - parameters: The buffer to update.
  ///   - gradients: Its gradients.
  ///   - learningRate: The rate of this step.
  ///   - gradientScale: What each gradient is multiplied by as it is read.
  public func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, learningRate: Double,
    gradientScale: Double = 1
  ) {
    beginStep(learningRate: learningRate, gradientScale: gradientScale)
    update(parameters: parameters, gradients: gradients, in: 0..<parameterCount)
  }

  /// Puts back what a checkpoint stored.
  ///
  /// - Parameters:
  ///   - stepCount: The steps that had been taken.
  ///   - valuesNamed: The stored values of a state buffer, or nil where the checkpoint has none of that name.
  /// - Throws: ``OptimizationError`` where a buffer is missing or has another length; the state is then as it was.
  public func restore(
    stepCount: Int, valuesNamed: (String) throws -> UnsafeBufferPointer<Float>?
  ) throws {
    guard stepCount >= 0 else { throw OptimizationError.negativeStepCount(stepCount) }
    let stored = try stateBuffers.map { buffer in
      guard let values = try valuesNamed(buffer.name) else {
        throw OptimizationError.missingState(name: buffer.name)
      }
      guard values.count == buffer.values.count else {
        throw OptimizationError.stateCount(name: buffer.name, expected: buffer.values.count, found: values.count)
      }
      return values
    }
    for (buffer, values) in zip(stateBuffers, stored) {
      _ = buffer.values.update(from: values)
    }
    setStepCount(stepCount)
  }

  /// Stops a bad call before it writes beyond a buffer.
  func check(
    _ parameters: UnsafeMutableBufferPointer<Float>, _ gradients: UnsafeBufferPointer<Float>, _ range: Range<Int>
  ) {
    precondition(
      parameters.count == parameterCount && gradients.count == range.count,
      "found \(parameters.count) parameters and \(gradients.count) gradients, expected \(parameterCount) and \(range.count)"
    )
    precondition(
      range.lowerBound >= 0 && range.upperBound <= parameterCount,
      "the range \(range) lies outside the \(parameterCount) parameters")
    precondition(stepCount > 0, "update(parameters:gradients:in:) came before beginStep(learningRate:gradientScale:)")
  }
}
