package import TsuzuriKernels

/// One share's way through the network, forwards and backwards: some lanes, one window at a time.
///
/// Embedding → layer 0 → … → layer L−1 → output projection → loss, with dropout after the embedding, between the layers
/// and before the output. All buffers are made once, for the longest window. A pass runs on the calling thread alone and
/// carries its lanes' state from window to window.
package final class WindowPass {
  package let configuration: ModelConfiguration
  package let lanes: Int
  package let maximumTime: Int
  private let arithmetic: Arithmetic
  let layout: ParameterLayout
  let embedding: Embedding
  let projections: [InputProjection]
  let layers: [any RecurrentLayer]
  let output: OutputProjection
  /// At 0 after the embedding, at k after layer k − 1; empty without dropout.
  let dropouts: [Dropout]
  /// The dropped outputs of layer k [T·B, H]; empty without dropout.
  private let dropped: [FloatBuffer]
  /// Gradients of two neighbouring layers' outputs, which take turns.
  private let gradients: [FloatBuffer]

  /// Whether the first layer's products may be looked up; false forces the direct product, its reference.
  package var allowsLookup = true

  /// The tensors whose gradients are added to, row by row or block by block; every other one is written by one product.
  private let accumulated: [ParameterLayout.Slice]

  private var time = 0
  private var ids: UnsafePointer<Int32>?
  private var dropsOut = false

  /// - Parameter trains: whether there will be backward passes.
  package init(
    _ configuration: ModelConfiguration, layout: ParameterLayout, maximumTime: Int, lanes: Int, trains: Bool,
    arithmetic: Arithmetic = Arithmetic()
  ) {
    self.configuration = configuration
    self.layout = layout
    self.lanes = lanes
    self.maximumTime = maximumTime
    self.arithmetic = arithmetic
    let sums = [ParameterName.embedding, ParameterName.outputWeight, ParameterName.outputBias]
    accumulated = layout.slices.filter { sums.contains($0.name) }
    let rows = maximumTime * lanes
    let H = configuration.hiddenSize
    embedding = Embedding(
      configuration, layout: layout, maximumRows: rows, trains: trains, arithmetic: arithmetic)
    let indices = 0..<configuration.layers
    projections = indices.map {
      InputProjection(configuration, layer: $0, layout: layout, arithmetic: arithmetic)
    }
    layers = indices.map {
      makeRecurrentLayer(
        configuration, index: $0, layout: layout, maximumTime: maximumTime, lanes: lanes, arithmetic: arithmetic)
    }
    output = OutputProjection(configuration, layout: layout, maximumRows: rows, arithmetic: arithmetic)
    let hasDropout = trains && configuration.dropout > 0
    dropouts =
      hasDropout
      ? (0...configuration.layers).map {
        Dropout(
          probability: configuration.dropout, site: $0, width: $0 == 0 ? configuration.embeddingSize : H,
          maximumRows: rows, kernels: arithmetic.kernels)
      } : []
    dropped = hasDropout ? indices.map { _ in FloatBuffer(count: rows * H) } : []
    gradients =
      trains ? (0..<2).map { _ in FloatBuffer(count: rows * max(H, configuration.embeddingSize)) } : []
  }

  /// Runs one window and leaves its logits to be asked for.
  ///
  /// - Parameters:
  ///   - ids: [time, lanes], each in 0 ..< V; they must stay where they are until the backward pass is done.
  ///   - dropout: nil where the model is used and not trained.
  package func forward(
    ids: UnsafePointer<Int32>, time: Int, parameters: UnsafePointer<Float>, weights: PreparedWeights,
    dropout: DropoutKey? = nil
  ) {
    precondition(time <= maximumTime, "a window of \(time) steps was given; expected at most \(maximumTime)")
    self.time = time
    self.ids = ids
    dropsOut = dropout != nil && !dropouts.isEmpty
    let rows = time * lanes
    for k in layers.indices {
      if k == 0 {
        let lookedUp = embedding.forward(
          ids: ids, count: rows, allowsLookup: allowsLookup && !dropsOut, parameters: parameters, sums: layers[0].sums)
        if dropsOut, let dropout {
          let embedded = embedding.rows.pointer
          dropouts[0].forward(embedded, into: embedded, time: time, lanes: lanes, key: dropout)
        }
        if !lookedUp {
          projections[0].forward(embedding.rows.pointer, rows: rows, parameters: parameters, sums: layers[0].sums)
        }
      } else {
        projections[k].forward(featuresBelow(k), rows: rows, parameters: parameters, sums: layers[k].sums)
      }
      layers[k].forward(time: time, weights: weights)
      if dropsOut, let dropout {
        dropouts[k + 1].forward(
          layers[k].output, into: dropped[k].pointer, time: time, lanes: lanes, key: dropout)
      }
    }
  }

  /// The input of layer `k` (or of the output projection, for k = L): the layer below, after dropout.
  private func featuresBelow(_ k: Int) -> UnsafeMutablePointer<Float> {
    dropsOut ? dropped[k - 1].pointer : layers[k - 1].output
  }

  /// The last layer's output of the window [time, lanes, H].
  package var features: UnsafePointer<Float> { UnsafePointer(featuresBelow(layers.count)) }

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
      features + (time - 1) * lanes * configuration.hiddenSize, rows: lanes, parameters: parameters, into: logits)
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
    var above = gradients[0].pointer
    var below = gradients[1].pointer
    output.lossesAndGradients(
      features, targets: targets, rows: rows, scale: scale, parameters: parameters, losses: losses,
      hiddenGradient: above, gradient: gradient)
    for k in layers.indices.reversed() {
      if dropsOut { dropouts[k + 1].backward(above, rows: rows) }
      layers[k].backward(time: time, outputGradient: above, parameters: parameters, gradient: gradient)
      if k == 0 && embedding.usesLookup {
        embedding.backwardThroughLookup(
          ids: ids, count: rows, sumsGradient: layers[0].sums, parameters: parameters, gradient: gradient)
        return
      }
      projections[k].backward(
        k == 0 ? UnsafePointer(embedding.rows.pointer) : UnsafePointer(featuresBelow(k)), rows: rows,
        sumsGradient: layers[k].sums, parameters: parameters, gradient: gradient, inputGradient: below)
      swap(&above, &below)
    }
    if dropsOut { dropouts[0].backward(above, rows: rows) }
    embedding.backward(ids: ids, count: rows, rowsGradient: above, gradient: gradient)
  }
}

/// The layer of the configuration's cell.
func makeRecurrentLayer(
  _ configuration: ModelConfiguration, index: Int, layout: ParameterLayout, maximumTime: Int, lanes: Int,
  arithmetic: Arithmetic
) -> any RecurrentLayer {
  switch configuration.cell {
  case .lstm:
    LSTMLayer(
      configuration, index: index, layout: layout, maximumTime: maximumTime, lanes: lanes, arithmetic: arithmetic)
  }
}
