package import TsuzuriKernels

/// One share's way through the network, forwards and backwards: some lanes, one window at a time.
///
/// Embedding → recurrent stack → output projection → loss, with dropout after the embedding, between the layers and before
/// the output. All buffers are made once, for the longest window. A pass runs on the calling thread alone and
/// carries its lanes' state from window to window.
///
/// Of a model with two stacks it takes the forward one: that is a language model by itself. ``BidirectionalPass`` takes both.
package final class WindowPass {
  package let configuration: ModelConfiguration
  package let lanes: Int
  package let maximumTime: Int
  let encoder: SequenceEncoder
  let output: any OutputLayer

  /// Whether the first layer's products may be looked up; false forces the direct product, its reference.
  package var allowsLookup: Bool {
    get { encoder.allowsLookup }
    set { encoder.allowsLookup = newValue }
  }

  /// The gradients that the last backward pass wrote or noted.
  package let windowGradient: WindowGradient
  /// The output layer's tensors, whose gradients are added to block by block.
  private let accumulated: [ParameterLayout.Slice]
  private let profile: StepProfile?
  private var time = 0

  var embedding: Embedding { encoder.embedding }
  var stack: RecurrentStack { encoder.stack }

  /// - Parameters:
  ///   - weights: what the pass reads beside the parameters; prepared for training where there will be backward passes.
  ///   - findsStartGradients: whether backward passes also find the gradients of the state that the window starts from.
  ///   - restarts: whether lanes may begin anew inside windows where nothing but the caller says so.
  package init(
    _ weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool = false,
    restarts: Bool = false, arithmetic: Arithmetic = Arithmetic()
  ) {
    let (configuration, layout) = (weights.configuration, weights.layout)
    self.configuration = configuration
    self.lanes = lanes
    self.maximumTime = maximumTime
    let arithmetic = weights.arithmetic(arithmetic, rows: maximumTime * lanes)
    profile = arithmetic.profile
    windowGradient = WindowGradient(configuration, arithmetic: arithmetic)
    let sums = [ParameterName.outputBias(configuration)] + ParameterName.outputs(configuration)
    accumulated = layout.slices.filter { sums.contains($0.name) }
    encoder = SequenceEncoder(
      stack: 0, weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: findsStartGradients,
      restarts: restarts || !configuration.resetTokens.isEmpty, arithmetic: arithmetic)
    output = weights.makeOutput(maximumRows: maximumTime * lanes, arithmetic: arithmetic)
  }

  /// Runs one window and leaves its logits to be asked for.
  ///
  /// - Parameters:
  ///   - ids: [time, lanes], each in 0 ..< V; they must stay where they are until the gradients are made.
  ///   - starts: whether a lane begins anew at each place [time, lanes]: as if it had read nothing, and with `<eos>` in the
  ///     id's place. It does so, too, where a token of ``ModelConfiguration/resetTokens`` stands.
  ///   - dropout: nil where the model is used and not trained.
  package func forward(
    ids: UnsafePointer<Int32>, starts: UnsafePointer<Bool>? = nil, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey? = nil
  ) {
    precondition(time <= maximumTime, "a window of \(time) steps was given; expected at most \(maximumTime)")
    self.time = time
    encoder.forward(ids: ids, starts: starts, time: time, parameters: parameters, dropout: dropout)
  }

  /// The last layer's output of the window [time, lanes, output size].
  package var features: UnsafePointer<Float> { encoder.features }

  /// The rows that the first layer's input product had in the last forward pass: time · lanes, or the distinct ids.
  package var inputProductRows: Int { encoder.inputProductRows }

  /// The losses of the window's targets [time, lanes], in nats; a target below zero is not scored.
  package func losses(
    targets: UnsafePointer<Int32>, parameters: UnsafePointer<Float>, into losses: UnsafeMutablePointer<Float>
  ) {
    output.losses(features, targets: targets, rows: time * lanes, parameters: parameters, into: losses)
  }

  /// The logits of the window's last step [lanes, V].
  package func lastLogits(parameters: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>) {
    output.project(
      features + (time - 1) * lanes * configuration.featureSize, rows: lanes, parameters: parameters, into: logits)
  }

  package func lossesAndFeaturesGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    precondition(configuration.stacks.count == 1, "a model with two stacks is trained by a BidirectionalPass")
    precondition(time > 0, "the backward pass needs a forward pass before it")
    profile?.enter(.clearing)
    for slice in accumulated { (gradient + slice.offset).update(repeating: 0, count: slice.count) }
    output.lossesAndGradients(
      features, targets: targets, rows: time * lanes, scale: scale, parameters: parameters, losses: losses,
      hiddenGradient: encoder.featuresGradient, gradient: gradient)
  }

  package func backward(
    scale: Float, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    windowGradient.begin(gradient)
    encoder.backward(scale: scale, parameters: parameters, gradient: windowGradient)
  }

  package func embeddingGradient(ofStack number: Int) -> EmbeddingRows { encoder.embeddingGradient }
}
