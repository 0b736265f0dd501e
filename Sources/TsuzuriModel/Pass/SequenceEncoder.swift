internal import TsuzuriKernels

/// One direction's way from token ids to features, forwards and backwards: embedding → dropout → recurrent stack.
///
/// - Shape: ids [T, B]; ``features`` and ``featuresGradient`` [T, B, output size].
final class SequenceEncoder {
  let embedding: Embedding
  /// What stands in the embedding's place where a model is only used; nil in training.
  private let table: InputTable?
  let stack: RecurrentStack
  /// Whether the first layer's products may be looked up; false forces the direct product, its reference.
  var allowsLookup = true
  private let trains: Bool

  /// Which of the model's stacks.
  let number: Int
  let lanes: Int
  /// After the embedding; nil without dropout.
  private let embeddingDropout: Dropout?
  /// The gradient of one layer's output, from the highest down.
  private let outputGradient: FloatBuffer
  private var lastRows: EmbeddingRows?
  /// From the stack's output to the width of a tied embedding; nil where nothing stands between.
  private let projection: InputProjection?
  /// What that gives [T·B, E], and in training its gradient.
  private let projected: FloatBuffer
  private let projectedGradient: FloatBuffer
  private let profile: StepProfile?
  private let resets: LaneResets?
  /// The ids with `<eos>` where lanes begin anew; empty where none ever does.
  private let ownIDs: IndexBuffer
  /// Which lanes have read nothing before the window; empty where they begin with zeros, which is what they carry then.
  private var isFresh: [Bool]
  /// The tokens in whose place a lane begins anew.
  private let resetTokens: [Int32]
  private var time = 0
  private var ids: UnsafePointer<Int32>?
  private var dropsOut = false

  /// - Parameters:
  ///   - number: which of the model's stacks.
  ///   - findsStartGradients: see ``LayerPlace/findsStartGradients``.
  ///   - restarts: whether lanes may begin anew inside windows.
  init(
    stack number: Int, _ weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool,
    restarts: Bool = false, arithmetic: Arithmetic
  ) {
    let configuration = weights.configuration
    let trains = weights.purpose == .training
    let rows = maximumTime * lanes
    profile = arithmetic.profile
    self.number = number
    self.lanes = lanes
    self.trains = trains
    embedding = Embedding(
      configuration, layout: weights.layout, stack: configuration.stacks[number], maximumRows: rows, trains: trains,
      arithmetic: arithmetic)
    table = InputTable(weights, stack: number, maximumRows: rows, arithmetic: arithmetic)
    let restarts = restarts || configuration.learnsInitialState
    resets = restarts ? LaneResets(maximumTime: maximumTime, lanes: lanes) : nil
    isFresh = configuration.learnsInitialState ? [Bool](repeating: false, count: lanes) : []
    ownIDs = IndexBuffer(count: restarts ? rows : 0)
    resetTokens = configuration.resetTokens
    stack = RecurrentStack(
      number, weights: weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: findsStartGradients,
      resets: resets, arithmetic: arithmetic)
    embeddingDropout =
      trains && configuration.embeddedDropout > 0
      ? Dropout(
        probability: configuration.embeddedDropout, isVariational: configuration.regularization.isVariational,
        site: number * (configuration.layers + 1),
        width: configuration.embeddingSize, maximumRows: rows, kernels: arithmetic.kernels) : nil
    projection =
      configuration.projectsFeatures
      ? InputProjection(
        weights.layout[ParameterName.projection], packed: weights.projection, arithmetic: arithmetic,
        parts: (.outputProducts, .outputProductsBackward)) : nil
    let projectedCount = configuration.projectsFeatures ? rows * configuration.embeddingSize : 0
    projected = FloatBuffer(count: projectedCount)
    projectedGradient = FloatBuffer(count: trains ? projectedCount : 0)
    let width = max(configuration.outputSize, configuration.embeddingSize)
    outputGradient = FloatBuffer(count: trains ? rows * width : 0)
  }

  /// Runs one window.
  ///
  /// - Parameters:
  ///   - ids: [time, lanes]; they must stay where they are until the gradients are made.
  ///   - starts: whether a lane begins anew at each place [time, lanes], beside those where a token says so.
  func forward(
    ids given: UnsafePointer<Int32>, starts: UnsafePointer<Bool>? = nil, time: Int, parameters: UnsafePointer<Float>,
    dropout: DropoutKey?
  ) {
    self.time = time
    let ids = begin(given, starts, time: time)
    self.ids = ids
    dropsOut = dropout != nil && embeddingDropout != nil
    let rows = time * lanes
    if let table, allowsLookup {
      table.lookUp(ids, count: rows, parameters: parameters, sums: stack.sums)
    } else if !embedding.forward(
      // A model that is only used gives the same bits whatever else is in the window: its packed product alone does that.
      ids: ids, count: rows, allowsLookup: allowsLookup && !dropsOut && trains, parameters: parameters,
      dropout: dropout, sums: stack.sums)
    {
      let embedded = embedding.rows.pointer
      if let embeddingDropout, let dropout {
        profile?.enter(.dropout)
        embeddingDropout.forward(embedded, into: embedded, time: time, lanes: lanes, key: dropout)
      }
      stack.projections[0].forward(embedded, rows: rows, parameters: parameters, sums: stack.sums)
    }
    stack.forward(time: time, parameters: parameters, dropout: dropout)
    projection?.forward(stack.output, rows: rows, parameters: parameters, sums: projected.pointer)
  }

  /// Finds where lanes begin anew, and gives the ids that they read: there it is `<eos>`.
  private func begin(
    _ ids: UnsafePointer<Int32>, _ starts: UnsafePointer<Bool>?, time: Int
  ) -> UnsafePointer<Int32> {
    guard let resets else {
      precondition(starts == nil, "a lane was to begin anew in a pass whose lanes never do")
      return ids
    }
    for lane in isFresh.indices { isFresh[lane] = stack.isFresh(lane: lane) }
    // Each place is asked for once.
    resets.set(time: time) { place in
      let beginsAnew = starts?[place] == true || resetTokens.contains(ids[place])
      ownIDs.pointer[place] = beginsAnew ? SequenceScorer.endOfText : ids[place]
      return beginsAnew || (place < isFresh.count && isFresh[place])
    }
    return UnsafePointer(ownIDs.pointer)
  }

  /// The last layer's output of the window, after dropout, in the width that the output projection takes.
  var features: UnsafePointer<Float> { UnsafePointer(projection == nil ? stack.output : projected.pointer) }

  /// Where the gradient of ``features`` is put before ``backward(scale:parameters:gradient:)``, which uses it up.
  var featuresGradient: UnsafeMutablePointer<Float> {
    projection == nil ? outputGradient.pointer : projectedGradient.pointer
  }

  /// The rows that the first layer's input product had in the last forward pass: time · lanes, or the distinct ids.
  var inputProductRows: Int { embedding.usesLookup ? embedding.distinctCount : time * lanes }

  /// The embedding's gradient that the last backward pass found; it lives until the next forward pass.
  var embeddingGradient: EmbeddingRows {
    guard let lastRows else { preconditionFailure("the embedding has no gradient before a backward pass") }
    return lastRows
  }

  /// Runs the window backwards: the gradients of the stack's tensors are written or noted, that of the embedding stands in
  /// ``embeddingGradient``.
  ///
  /// - Parameter scale: what each place's loss counts in the mean that is minimised.
  func backward(scale: Float, parameters: UnsafePointer<Float>, gradient: WindowGradient) {
    guard let ids else { preconditionFailure("the backward pass needs a forward pass before it") }
    let rows = time * lanes
    let above = outputGradient.pointer
    projection?.backward(
      stack.output, rows: rows, sumsGradient: projectedGradient.pointer, parameters: parameters, gradient: gradient,
      inputGradient: above)
    stack.backward(
      time: time, scale: scale, outputGradient: above, parameters: parameters, gradient: gradient)
    if embedding.usesLookup {
      lastRows = embedding.backwardThroughLookup(
        ids: ids, count: rows, sumsGradient: stack.sums, parameters: parameters, gradient: gradient)
      return
    }
    stack.projections[0].backward(
      embedding.rows.pointer, rows: rows, sumsGradient: stack.sums, parameters: parameters, gradient: gradient,
      inputGradient: above)
    if dropsOut {
      profile?.enter(.dropoutBackward)
      embeddingDropout?.backward(above, rows: rows)
    }
    lastRows = embedding.backward(ids: ids, count: rows, rowsGradient: above)
  }
}
