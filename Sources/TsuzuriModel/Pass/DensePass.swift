package import TsuzuriKernels

/// One share's way through a recurrent stack whose inputs are vectors of numbers instead of tokens, and which predicts
/// one number when a sequence ends: what tasks without text are learnt with.
///
///     y = W_out h_T + b_out      loss = (y − target)²
///
/// The model is one of a single token, V = 1, whose output projection is the linear head; E is the width of an input.
/// - Shape: inputs [T, B, E]; predictions, targets and losses [B].
package final class DensePass {
  /// What the next window is read from [T, B, E].
  package let inputs: FloatBuffer
  /// What the last forward pass predicted [B].
  package let predictions: FloatBuffer
  private let configuration: ModelConfiguration
  private let lanes: Int
  private let maximumTime: Int
  private let stack: RecurrentStack
  private let windowGradient: WindowGradient
  private let outputWeight: ParameterLayout.Slice
  private let outputBias: ParameterLayout.Slice
  private let inputGradient: FloatBuffer
  /// The gradient of one layer's output, from the highest down.
  private let outputGradient: FloatBuffer
  private var time = 0

  /// - Parameter weights: of a model with V = 1, prepared for training.
  package init(
    _ weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool = false,
    arithmetic: Arithmetic = Arithmetic()
  ) {
    configuration = weights.configuration
    precondition(
      configuration.vocabularySize == 1 && !configuration.tiesEmbeddings,
      "a dense pass needs a model of one token with an output of its own")
    precondition(!configuration.learnsInitialState, "a dense pass begins with zeros")
    self.maximumTime = maximumTime
    self.lanes = lanes
    stack = RecurrentStack(
      0, weights: weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: findsStartGradients,
      arithmetic: arithmetic)
    windowGradient = WindowGradient(configuration, arithmetic: arithmetic)
    outputWeight = weights.layout[ParameterName.outputWeight]
    outputBias = weights.layout[ParameterName.outputBias]
    let rows = maximumTime * lanes
    inputs = FloatBuffer(count: rows * configuration.embeddingSize)
    inputGradient = FloatBuffer(count: rows * configuration.embeddingSize)
    predictions = FloatBuffer(count: lanes)
    let width = weights.configuration.outputSize
    outputGradient = FloatBuffer(count: rows * width)
  }

  /// Runs sequences of `time` steps, which stand in ``inputs``, and leaves what it predicts in ``predictions``.
  package func forward(time: Int, parameters: UnsafePointer<Float>) {
    precondition(time > 0 && time <= maximumTime, "\(time) steps were given; expected 1 to \(maximumTime)")
    self.time = time
    stack.projections[0].forward(inputs.pointer, rows: time * lanes, parameters: parameters, sums: stack.sums)
    stack.forward(time: time, parameters: parameters, dropout: nil)
    let weight = parameters + outputWeight.offset
    for lane in 0..<lanes {
      let h = lastOutput + lane * outputSize
      var sum = parameters[outputBias.offset]
      for i in 0..<outputSize { sum += weight[i] * h[i] }
      predictions.pointer[lane] = sum
    }
  }

  /// Sets the state that the next sequences start from to zero.
  package func resetState() { stack.resetState() }

  /// Makes the state after the last forward pass the one that the next one starts from: values only, no gradient.
  package func carryState() { stack.carryState(time: time) }

  /// The squared errors of the last forward pass.
  package func losses(targets: UnsafePointer<Float>, into losses: UnsafeMutablePointer<Float>) {
    for lane in 0..<lanes {
      let error = predictions.pointer[lane] - targets[lane]
      losses[lane] = error * error
    }
  }

  /// The squared errors and the gradient of their sum times `scale`.
  ///
  /// - Parameter gradient: a flat buffer of the layout; all is written anew but the embeddings, which stay as
  ///   they were: these models have none.
  package func lossesAndGradient(
    targets: UnsafePointer<Float>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    self.losses(targets: targets, into: losses)
    let above = outputGradient
    above.clear()
    let (weight, weightGradient) = (parameters + outputWeight.offset, gradient + outputWeight.offset)
    weightGradient.update(repeating: 0, count: outputSize)
    gradient[outputBias.offset] = 0
    for lane in 0..<lanes {
      let delta = 2 * scale * (predictions.pointer[lane] - targets[lane])
      let h = lastOutput + lane * outputSize
      let hiddenGradient = above.pointer + ((time - 1) * lanes + lane) * outputSize
      gradient[outputBias.offset] += delta
      for i in 0..<outputSize {
        weightGradient[i] += delta * h[i]
        hiddenGradient[i] = delta * weight[i]
      }
    }
    windowGradient.begin(gradient)
    stack.backward(
      time: time, scale: scale, outputGradient: above.pointer, parameters: parameters, gradient: windowGradient)
    stack.projections[0].backward(
      inputs.pointer, rows: time * lanes, sumsGradient: stack.sums, parameters: parameters,
      gradient: windowGradient, inputGradient: inputGradient.pointer)
    windowGradient.makeProducts(part: 0, of: 1, into: gradient, adding: false)
  }

  /// After a backward pass of a model of one layer: the norm of ∂loss/∂h_{t−k}, of the sum of losses times the scale, for
  /// each lane.
  ///
  /// That is what came back through time to the step `k` before the last, the other parts of the state held fixed.
  package func gradientNorms(stepsBack k: Int) -> [Double] {
    precondition(configuration.layers == 1, "what comes back through time is kept of a single layer only")
    let rows = outputGradient.pointer + (time - 1 - k) * lanes * outputSize
    return (0..<lanes).map { lane in
      var sum = 0.0
      for i in 0..<outputSize { sum += Double(rows[lane * outputSize + i]) * Double(rows[lane * outputSize + i]) }
      return sum.squareRoot()
    }
  }

  /// The gradients of the state that the sequences start from, [B, width] a component of each layer; only where they were
  /// asked for.
  package var startGradients: [FloatBuffer] { stack.layers.flatMap(\.startGradients) }

  private var outputSize: Int { configuration.outputSize }

  private var lastOutput: UnsafeMutablePointer<Float> { stack.output + (time - 1) * lanes * outputSize }
}
