package import TsuzuriKernels

/// One share's way through a model with two stacks: the forward one reads the window in order from the state that was
/// carried there, the backward one in reverse order from its beginning.
///
/// A window of T inputs x_0 … x_{T−1} predicts the targets x_1 … x_T, so T + 1 tokens are known. The target at place t,
/// x_{t+1}, is predicted from what was read on its left, x_0 … x_t, and on its right, x_{t+2} … x_T, and never from itself:
/// the backward stack reads x_T, x_{T−1}, …, x_2, and the state that place t uses is that before x_{t+1} would be read.
/// For T = 4:
///
///     tokens          x0   x1   x2   x3   x4
///     forward    →    f0   f1   f2   f3            f_t has read x0 … xt (and, before x0, the carried state)
///     backward   ←              b2   b3   b4       b_t has read x4 … xt
///     target x1       f0      + b2
///     target x2            f1      + b3
///     target x3                 f2      + b4
///     target x4                      f3      + 0   nothing is known on its right
///
/// The last place has zeros in place of backward features. A window of one token has no backward features at all.
///
/// - Shape: inputs and following [T, B]; losses [T, B].
package final class BidirectionalPass {
  package let configuration: ModelConfiguration
  package let lanes: Int
  package let maximumTime: Int
  let forwardEncoder: SequenceEncoder
  let backwardEncoder: SequenceEncoder
  let output: JointProjection
  /// The backward stack's ids in the order in which it reads them [T − 1, B].
  private let reversed: IndexBuffer
  /// The backward features that each place uses [T, B, output size], and in training their gradient.
  private let aligned: FloatBuffer
  private let alignedGradient: FloatBuffer
  /// The losses of each direction alone in the last window [T, B].
  package let forwardLosses: FloatBuffer
  package let backwardLosses: FloatBuffer
  /// The gradients that the last backward pass wrote or noted.
  package let windowGradient: WindowGradient
  /// The output layer's tensors, whose gradients are added to block by block.
  private let accumulated: [ParameterLayout.Slice]
  private let backwardSlices: [ParameterLayout.Slice]
  private let profile: StepProfile?
  private var time = 0

  /// - Parameters:
  ///   - weights: what the pass reads beside the parameters; prepared for training where there will be backward passes.
  ///   - findsStartGradients: whether backward passes also find the gradient of the forward stack's start state.
  package init(
    _ weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool = false,
    arithmetic: Arithmetic = Arithmetic()
  ) {
    let (configuration, layout) = (weights.configuration, weights.layout)
    precondition(configuration.isBidirectional, "a bidirectional pass was asked of a model with one stack")
    self.configuration = configuration
    self.lanes = lanes
    self.maximumTime = maximumTime
    let rows = maximumTime * lanes
    let arithmetic = weights.arithmetic(arithmetic, rows: rows)
    profile = arithmetic.profile
    let trains = weights.purpose == .training
    forwardEncoder = SequenceEncoder(
      stack: 0, weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: findsStartGradients,
      arithmetic: arithmetic)
    backwardEncoder = SequenceEncoder(
      stack: 1, weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: false, arithmetic: arithmetic)
    output = JointProjection(weights, maximumRows: rows, arithmetic: arithmetic)
    reversed = IndexBuffer(count: rows)
    aligned = FloatBuffer(count: rows * configuration.outputSize)
    alignedGradient = FloatBuffer(count: trains ? rows * configuration.outputSize : 0)
    forwardLosses = FloatBuffer(count: rows)
    backwardLosses = FloatBuffer(count: rows)
    windowGradient = WindowGradient(configuration, arithmetic: arithmetic)
    let sums = [ParameterName.outputBias] + ParameterName.outputs(configuration)
    accumulated = layout.slices.filter { sums.contains($0.name) }
    backwardSlices = layout.slices.filter { $0.name.hasPrefix(configuration.stacks[1] + ".") }
  }

  /// The joint logits of every place of the last window [T, B, V].
  package func logits(parameters: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>) {
    output.logits(
      forwardEncoder.features, aligned.pointer, rows: time * lanes, parameters: parameters, into: logits)
  }

  /// The losses of the window's targets [time, lanes] in nats; a target below zero is not scored. Those of each direction
  /// alone are put into ``forwardLosses`` and ``backwardLosses``.
  package func losses(
    targets: UnsafePointer<Int32>, parameters: UnsafePointer<Float>, into losses: UnsafeMutablePointer<Float>
  ) {
    output.losses(
      forwardEncoder.features, aligned.pointer, targets: targets, rows: time * lanes, parameters: parameters,
      into: destinations(losses))
  }

  private func destinations(_ joint: UnsafeMutablePointer<Float>) -> JointProjection.Losses {
    JointProjection.Losses(joint: joint, forward: forwardLosses.pointer, backward: backwardLosses.pointer)
  }
}

extension BidirectionalPass: TrainingPass {
  package func forward(
    inputs: UnsafePointer<Int32>, following: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey? = nil
  ) {
    precondition(
      (1...maximumTime).contains(time), "a window of \(time) steps was given; expected 1 to \(maximumTime)")
    self.time = time
    forwardEncoder.forward(ids: inputs, time: time, parameters: parameters, dropout: dropout)
    let width = lanes * configuration.outputSize
    let steps = time - 1
    profile?.enter(.lanes)
    if steps > 0 {
      // The token that follows input T − 1 − r is x_{T−r}: the r-th that the backward stack reads.
      for r in 0..<steps {
        (reversed.pointer + r * lanes).update(from: following + (steps - r) * lanes, count: lanes)
      }
      backwardEncoder.resetState()
      backwardEncoder.forward(ids: reversed.pointer, time: steps, parameters: parameters, dropout: dropout)
      profile?.enter(.lanes)
      let features = backwardEncoder.features
      for t in 0..<steps {
        (aligned.pointer + t * width).update(from: features + (steps - 1 - t) * width, count: width)
      }
    }
    (aligned.pointer + steps * width).update(repeating: 0, count: width)
  }

  /// The joint losses, and the gradient of the sum of the joint, the forward and the backward losses, times `scale`. The two
  /// others are put into ``forwardLosses`` and ``backwardLosses``.
  package func lossesAndFeaturesGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    precondition(time > 0, "the backward pass needs a forward pass before it")
    profile?.enter(.clearing)
    for slice in accumulated { (gradient + slice.offset).update(repeating: 0, count: slice.count) }
    output.lossesAndGradients(
      forwardEncoder.features, aligned.pointer, targets: targets, rows: time * lanes, scale: scale,
      parameters: parameters, losses: destinations(losses), forwardGradient: forwardEncoder.featuresGradient,
      backwardGradient: alignedGradient.pointer, gradient: gradient)
  }

  package func backward(
    scale: Float, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    windowGradient.begin(gradient)
    forwardEncoder.backward(scale: scale, parameters: parameters, gradient: windowGradient)
    let steps = time - 1
    guard steps > 0 else {
      for slice in backwardSlices {
        if WindowGradient.isProduct(slice) {
          windowGradient.noteZero(of: slice)
        } else {
          (gradient + slice.offset).update(repeating: 0, count: slice.count)
        }
      }
      return
    }
    let width = lanes * configuration.outputSize
    profile?.enter(.lanes)
    // The zeros of the last place are nobody's output: their gradient ends here.
    for t in 0..<steps {
      (backwardEncoder.featuresGradient + (steps - 1 - t) * width).update(
        from: alignedGradient.pointer + t * width, count: width)
    }
    // The scale is for the penalties, which are means: over one step less than the window has.
    let backwardScale = scale * Float(time) / Float(steps)
    backwardEncoder.backward(scale: backwardScale, parameters: parameters, gradient: windowGradient)
  }

  package func embeddingGradient(ofStack number: Int) -> EmbeddingRows {
    if number == 0 { return forwardEncoder.embeddingGradient }
    if time > 1 { return backwardEncoder.embeddingGradient }
    // The backward stack has read nothing.
    var none = forwardEncoder.embeddingGradient
    none.count = 0
    return none
  }

  /// The mean of both directions' rows, whose first layers are equally large.
  package var inputProductRows: Int {
    (forwardEncoder.inputProductRows + (time > 1 ? backwardEncoder.inputProductRows : 0)) / 2
  }

  /// The forward stack's alone: the backward stack begins each window from zeros.
  package func carryState(time: Int) { forwardEncoder.carryState(time: time) }

  package func resetState() { forwardEncoder.resetState() }

  package func exportState(to state: inout RecurrentState, firstLane: Int) {
    forwardEncoder.exportState(to: &state, firstLane: firstLane)
  }

  package func importState(from state: RecurrentState, firstLane: Int) {
    forwardEncoder.importState(from: state, firstLane: firstLane)
  }
}
