/// The language model written a second time, plainly: embedding → stacked LSTM → projection → cross-entropy.
///
/// One loop a sum and one line an equation, in any scalar. Nothing is shared with the model that it judges; gradients
/// come from ``GradientCheck``.
///
///     (i, f, g, o) = W_ih·x + b_ih + W_hh·h + b_hh
///     c ← σ(f)·c + σ(i)·tanh(g)
///     h ← σ(o)·tanh(c)
///     logits = W_out·h + b_out,  loss = mean of −log softmax(logits)[target]
///
/// - Shape: ids [T, B], logits [T, B, V], states [L, B, H]. Tensors have the names and layouts of the model file.
public struct ReferenceLanguageModel<Scalar: ReferenceScalar>: Sendable {
  /// The recurrent state of B lanes in L layers.
  public struct State: Sendable {
    /// h, [L, B, H].
    public var hidden: [Scalar]
    /// c, [L, B, H].
    public var cell: [Scalar]

    /// A state with these values.
    public init(hidden: [Scalar], cell: [Scalar]) {
      self.hidden = hidden
      self.cell = cell
    }
  }

  /// V, the number of words.
  public let vocabularySize: Int
  /// E.
  public let embeddingSize: Int
  /// H.
  public let hiddenSize: Int
  /// L, as many as there are recurrent matrices.
  public let layerCount: Int

  /// The tensors of one layer.
  private struct Layer {
    var inputWeights, stateWeights, inputBias, stateBias: [Scalar]
  }

  private let embedding, output, outputBias: [Scalar]
  /// Before an embedding that serves as output and has another width; empty where there is none.
  private let projection: [Scalar]
  private let layers: [Layer]

  // @_specialize: called from another module, generic code would go through tables for every addition, and central
  // differences call it thousands of times.

  /// A model with these tensors; its sizes are read off their lengths.
  ///
  /// Without `output.weight` the embedding serves as output too, after `projection.weight` if that is there.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public init(_ parameters: [NamedValues]) {
    let named = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    func values(_ name: String) -> [Scalar] {
      guard let tensor = named[name] else {
        preconditionFailure("found the tensors \(parameters.map(\.name)), expected \(name) among them")
      }
      return tensor.values.map { Scalar($0) }
    }
    layerCount = parameters.count { $0.name.hasPrefix("rnn.weight_hh_l") }
    layers = (0..<layerCount).map { layer in
      Layer(
        inputWeights: values("rnn.weight_ih_l\(layer)"), stateWeights: values("rnn.weight_hh_l\(layer)"),
        inputBias: values("rnn.bias_ih_l\(layer)"), stateBias: values("rnn.bias_hh_l\(layer)"))
    }
    embedding = values("embedding.weight")
    outputBias = values("output.bias")
    output = named["output.weight"] == nil ? embedding : values("output.weight")
    projection = named["projection.weight"] == nil ? [] : values("projection.weight")
    vocabularySize = outputBias.count
    embeddingSize = embedding.count / outputBias.count
    hiddenSize = named["rnn.weight_hh_l0"].map { $0.shape[1] } ?? 0
  }

  /// Zeros for `batchSize` lanes.
  public func initialState(batchSize: Int) -> State {
    let zeros = [Scalar](repeating: 0, count: layerCount * batchSize * hiddenSize)
    return State(hidden: zeros, cell: zeros)
  }

  /// The logits of every place, [T, B, V]; `state` becomes that after the window.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func logits(inputs: [Int32], batchSize: Int, state: inout State) -> [Scalar] {
    precondition(inputs.count.isMultiple(of: batchSize), "\(inputs.count) ids are no whole steps of \(batchSize) lanes")
    var result: [Scalar] = []
    for (place, id) in inputs.enumerated() {
      // Row-major [T, B]: the lanes of a step come one after the other, and no lane sees another.
      let lane = place % batchSize
      var x = Array(embedding[Int(id) * embeddingSize..<(Int(id) + 1) * embeddingSize])
      for layer in 0..<layerCount {
        x = step(layer: layer, input: x, at: (layer * batchSize + lane) * hiddenSize, state: &state)
      }
      if !projection.isEmpty { x = product(projection, x, adding: [Scalar](repeating: 0, count: embeddingSize)) }
      result += product(output, x, adding: outputBias)
    }
    return result
  }

  /// −log softmax(logits)[target] of every place, [T, B], in nats; `state` becomes that after the window.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func losses(inputs: [Int32], targets: [Int32], batchSize: Int, state: inout State) -> [Scalar] {
    let logits = logits(inputs: inputs, batchSize: batchSize, state: &state)
    return targets.enumerated().map { place, target in
      let row = logits[place * vocabularySize..<(place + 1) * vocabularySize]
      let maximum = row.max() ?? 0
      let sum = row.reduce(0) { $0 + Scalar.exp($1 - maximum) }
      return Scalar.log(sum) - (row[row.startIndex + Int(target)] - maximum)
    }
  }

  /// The mean of ``losses(inputs:targets:batchSize:state:)``.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func loss(inputs: [Int32], targets: [Int32], batchSize: Int, state: inout State) -> Scalar {
    let losses = losses(inputs: inputs, targets: targets, batchSize: batchSize, state: &state)
    return losses.reduce(0, +) / Scalar(losses.count)
  }

  /// One time step of one lane; its h and c stand at `offset` of the states.
  private func step(layer: Int, input: [Scalar], at offset: Int, state: inout State) -> [Scalar] {
    let before = Array(state.hidden[offset..<offset + hiddenSize])
    let tensors = layers[layer]
    let fromInput = product(tensors.inputWeights, input, adding: tensors.inputBias)
    let fromState = product(tensors.stateWeights, before, adding: tensors.stateBias)
    let gates = zip(fromInput, fromState).map { $0 + $1 }
    for unit in 0..<hiddenSize {
      let i = Scalar.sigmoid(gates[unit])
      let f = Scalar.sigmoid(gates[hiddenSize + unit])
      let g = Scalar.tanh(gates[2 * hiddenSize + unit])
      let o = Scalar.sigmoid(gates[3 * hiddenSize + unit])
      let c = f * state.cell[offset + unit] + i * g
      state.cell[offset + unit] = c
      state.hidden[offset + unit] = o * Scalar.tanh(c)
    }
    return Array(state.hidden[offset..<offset + hiddenSize])
  }

  /// matrix · vector + bias, the matrix [bias.count, vector.count] row by row.
  private func product(_ matrix: [Scalar], _ vector: [Scalar], adding bias: [Scalar]) -> [Scalar] {
    bias.enumerated().map { row, bias in
      var sum: Scalar = 0
      for column in vector.indices { sum += matrix[row * vector.count + column] * vector[column] }
      return sum + bias
    }
  }
}
