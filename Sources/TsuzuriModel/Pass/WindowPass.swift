package import TsuzuriKernels

/// One share's way through the network, forwards and backwards: some lanes, one window at a time.
///
/// Embedding → recurrent stack → output projection → loss, with dropout after the embedding, between the layers and before
/// the output. All buffers are made once, for the longest window. A pass runs on the calling thread alone and
/// carries its lanes' state from window to window.
package final class WindowPass {
  package let configuration: ModelConfiguration
  package let lanes: Int
  package let maximumTime: Int
  let embedding: Embedding
  /// What stands in the embedding's place where a model is only used; nil in training.
  private let table: InputTable?
  let stack: RecurrentStack
  let output: OutputProjection
  /// After the embedding; nil without dropout.
  private let embeddingDropout: Dropout?
  /// Gradients of two neighbouring layers' outputs, which take turns.
  private let gradients: [FloatBuffer]

  /// Whether the first layer's products may be looked up; false forces the direct product, its reference.
  package var allowsLookup = true

  /// The tensors whose gradients are added to, row by row or block by block; every other one is written by one product.
  private let accumulated: [ParameterLayout.Slice]

  private var time = 0
  private var ids: UnsafePointer<Int32>?
  private var dropsOut = false

  /// - Parameters:
  ///   - weights: what the pass reads beside the parameters; prepared for training where there will be backward passes.
  ///   - findsStartGradients: whether backward passes also find the gradients of the state that the window starts from.
  package init(
    _ weights: PreparedWeights, maximumTime: Int, lanes: Int, findsStartGradients: Bool = false,
    arithmetic: Arithmetic = Arithmetic()
  ) {
    let (configuration, layout) = (weights.configuration, weights.layout)
    var arithmetic = arithmetic
    if weights.isQuantized {
      arithmetic.quantizedRows = QuantizedRows(rows: max(maximumTime * lanes, 1), inner: weights.widestRow)
    }
    self.configuration = configuration
    self.lanes = lanes
    self.maximumTime = maximumTime
    let sums = [ParameterName.embedding, ParameterName.outputWeight, ParameterName.outputBias]
    accumulated = layout.slices.filter { sums.contains($0.name) }
    let rows = maximumTime * lanes
    let trains = weights.purpose == .training
    embedding = Embedding(
      configuration, layout: layout, stack: configuration.stacks[0], maximumRows: rows, trains: trains,
      arithmetic: arithmetic)
    table = InputTable(weights, stack: 0, maximumRows: rows, arithmetic: arithmetic)
    stack = RecurrentStack(
      0, weights: weights, maximumTime: maximumTime, lanes: lanes, findsStartGradients: findsStartGradients,
      arithmetic: arithmetic)
    output = OutputProjection(weights, maximumRows: rows, arithmetic: arithmetic)
    embeddingDropout =
      trains && configuration.dropout > 0
      ? Dropout(
        probability: configuration.dropout, site: 0, width: configuration.embeddingSize, maximumRows: rows,
        kernels: arithmetic.kernels) : nil
    let width = max(configuration.outputSize, configuration.embeddingSize)
    gradients = trains ? (0..<2).map { _ in FloatBuffer(count: rows * width) } : []
  }

  /// Runs one window and leaves its logits to be asked for.
  ///
  /// - Parameters:
  ///   - ids: [time, lanes], each in 0 ..< V; they must stay where they are until the backward pass is done.
  ///   - dropout: nil where the model is used and not trained.
  package func forward(
    ids: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>, dropout: DropoutKey? = nil
  ) {
    precondition(time <= maximumTime, "a window of \(time) steps was given; expected at most \(maximumTime)")
    self.time = time
    self.ids = ids
    dropsOut = dropout != nil && embeddingDropout != nil
    let rows = time * lanes
    if let table, allowsLookup {
      table.lookUp(ids, count: rows, parameters: parameters, sums: stack.sums)
    } else if !embedding.forward(
      ids: ids, count: rows, allowsLookup: allowsLookup && !dropsOut && table == nil, parameters: parameters,
      sums: stack.sums)
    {
      let embedded = embedding.rows.pointer
      if let embeddingDropout, let dropout {
        embeddingDropout.forward(embedded, into: embedded, time: time, lanes: lanes, key: dropout)
      }
      stack.projections[0].forward(embedded, rows: rows, parameters: parameters, sums: stack.sums)
    }
    stack.forward(time: time, parameters: parameters, dropout: dropout)
  }

  /// The last layer's output of the window [time, lanes, output size].
  package var features: UnsafePointer<Float> { UnsafePointer(stack.output) }

  /// The rows that the first layer's input product had in the last forward pass: time · lanes, or the distinct ids.
  package var inputProductRows: Int { embedding.usesLookup ? embedding.distinctCount : time * lanes }

  /// The losses of the window's targets [time, lanes], in nats; a target below zero is not scored.
  package func losses(
    targets: UnsafePointer<Int32>, parameters: UnsafePointer<Float>, into losses: UnsafeMutablePointer<Float>
  ) {
    output.losses(features, targets: targets, rows: time * lanes, parameters: parameters, into: losses)
  }

  /// The logits of the window's last step [lanes, V].
  package func lastLogits(parameters: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>) {
    output.project(
      features + (time - 1) * lanes * configuration.outputSize, rows: lanes, parameters: parameters, into: logits)
  }

  /// The losses of the window and the gradient of their sum times `scale`, by backpropagation through the window.
  ///
  /// - Parameter gradient: a flat buffer of the layout; every slice is written anew.
  package func lossesAndGradient(
    targets: UnsafePointer<Int32>, scale: Float, parameters: UnsafePointer<Float>,
    losses: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    guard let ids else { preconditionFailure("the backward pass needs a forward pass before it") }
    for slice in accumulated { (gradient + slice.offset).update(repeating: 0, count: slice.count) }
    let rows = time * lanes
    let above = gradients[0].pointer
    output.lossesAndGradients(
      features, targets: targets, rows: rows, scale: scale, parameters: parameters, losses: losses,
      hiddenGradient: above, gradient: gradient)
    stack.backward(
      time: time, outputGradient: above, spare: gradients[1].pointer, parameters: parameters, gradient: gradient)
    if embedding.usesLookup {
      embedding.backwardThroughLookup(
        ids: ids, count: rows, sumsGradient: stack.sums, parameters: parameters, gradient: gradient)
      return
    }
    stack.projections[0].backward(
      embedding.rows.pointer, rows: rows, sumsGradient: stack.sums, parameters: parameters, gradient: gradient,
      inputGradient: above)
    if dropsOut { embeddingDropout?.backward(above, rows: rows) }
    embedding.backward(ids: ids, count: rows, rowsGradient: above, gradient: gradient)
  }
}
