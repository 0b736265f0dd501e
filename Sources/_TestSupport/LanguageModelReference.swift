/// The name and shape of a tensor; its number is its place in the list that it stands in.
public struct ReferenceTensor: Decodable, Sendable {
  /// The name in the model file, such as `rnn.weight_ih_l0`.
  public var name: String
  /// The dimensions, outermost first.
  public var shape: [Int]

  /// How many elements the tensor has.
  public var count: Int { shape.reduce(1, *) }
}

/// The sizes and tensors that the cases of `lstm.json` and `training.json` have in common.
///
/// The shapes below call them V, E, H, L, B and T, in the order of the properties.
public protocol LanguageModelReference: Decodable, Sendable {
  /// What the case shows.
  var name: String { get }
  /// V, the number of words.
  var vocabularySize: Int { get }
  /// E.
  var embeddingSize: Int { get }
  /// H.
  var hiddenSize: Int { get }
  /// L.
  var layerCount: Int { get }
  /// B, the number of lanes.
  var batchSize: Int { get }
  /// T, the steps of a window.
  var sequenceLength: Int { get }
  /// Whether the output uses the embedding's weights; `output.weight` is then absent.
  var isTied: Bool { get }
  /// The tensors in the order that gives them their numbers.
  var tensors: [ReferenceTensor] { get }
}

extension LanguageModelReference {
  /// The model's weights by the formula, in the order of ``tensors``.
  ///
  /// The forget part (rows H to 2H) of every `bias_ih` has 1 added.
  public var parameters: [NamedValues] {
    tensors.enumerated().map { number, tensor in
      var values = ReferenceValues.values(count: tensor.count, tensor: number)
      if tensor.name.contains(".bias_ih_") {
        for row in hiddenSize..<2 * hiddenSize { values[row] += 1 }
      }
      return NamedValues(name: tensor.name, shape: tensor.shape, values: values)
    }
  }
}

/// The values of one named tensor, in row-major order.
public struct NamedValues: Sendable {
  /// The name in the model file.
  public var name: String
  /// The dimensions, outermost first.
  public var shape: [Int]
  /// The elements in row-major order.
  public var values: [Double]

  /// Names `values`.
  public init(name: String, shape: [Int], values: [Double]) {
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// A case of `lstm.json`: one window through a language model, forward and backward.
///
/// - Shape: inputs and targets [T, B], logits [T, B, V], states and their gradients [L, B, H].
public struct LSTMReference: LanguageModelReference {
  /// What the case shows.
  public var name: String
  /// V, the number of words.
  public var vocabularySize: Int
  /// E.
  public var embeddingSize: Int
  /// H.
  public var hiddenSize: Int
  /// L.
  public var layerCount: Int
  /// B, the number of lanes.
  public var batchSize: Int
  /// T, the steps of a window.
  public var sequenceLength: Int
  /// Whether the output uses the embedding's weights.
  public var isTied: Bool
  /// The tensors in the order that gives them their numbers.
  public var tensors: [ReferenceTensor]
  /// The ids that are fed.
  public var inputs: [Int32]
  /// The ids that each place is scored on.
  public var targets: [Int32]
  /// The mean cross-entropy over all T·B places, in nats.
  public var loss: Double
  /// The logits of every place, before the softmax.
  public var logits: [Double]
  /// The loss's gradient for each tensor, by name.
  public var gradients: [String: [Double]]
  /// The loss's gradient for ``initialHidden``.
  public var initialHiddenGradient: [Double]
  /// The loss's gradient for ``initialCell``.
  public var initialCellGradient: [Double]
  /// The hidden state after the window.
  public var finalHidden: [Double]
  /// The cell state after the window.
  public var finalCell: [Double]

  /// What `regularization.json` has beside these: ε, α and β; nil in `lstm.json`.
  public var labelSmoothing, activationPenalty, temporalPenalty: Float?

  /// The hidden state that the window starts from: the formula, numbered after the last tensor.
  public var initialHidden: [Double] { ReferenceValues.values(count: finalHidden.count, tensor: tensors.count) }
  /// The cell state that the window starts from.
  public var initialCell: [Double] { ReferenceValues.values(count: finalCell.count, tensor: tensors.count + 1) }
}

/// A case of `training.json`: steps of training with carried, detached state that starts from zero.
public struct TrainingReference: LanguageModelReference {
  /// What one step leaves behind.
  public struct Step: Decodable, Sendable {
    /// The window's mean cross-entropy before the update.
    public var loss: Double
    /// The gradient's global norm before clipping.
    public var norm: Double
    /// Elements 0, count / 2 and count − 1 of each tensor after the update, by name.
    public var parameters: [String: [Double]]
    /// The sum over the elements of all tensors after the update.
    public var parameterSum: Double
    /// The states [L, B, H] that the next step starts from.
    public var finalHidden, finalCell: [Double]
  }

  /// What the case shows.
  public var name: String
  /// V, the number of words.
  public var vocabularySize: Int
  /// E.
  public var embeddingSize: Int
  /// H.
  public var hiddenSize: Int
  /// L.
  public var layerCount: Int
  /// B, the number of lanes.
  public var batchSize: Int
  /// T, the steps of a window.
  public var sequenceLength: Int
  /// Whether the output uses the embedding's weights.
  public var isTied: Bool
  /// The tensors in the order that gives them their numbers.
  public var tensors: [ReferenceTensor]
  /// `adamw` (β 0.9 and 0.999, ε 1e-8) or `sgd`.
  public var optimizer: String
  public var learningRate, momentum, weightDecay: Double
  /// The largest global norm that is let through.
  public var clipNorm: Double
  /// The ids of each lane [B][steps · T + 1]; step s reads T of them from place s·T on and is scored on the next ones.
  public var lanes: [[Int32]]
  /// What PyTorch had after each step.
  public var steps: [Step]

  /// The ids fed in step `step`, [T, B].
  public func inputs(step: Int) -> [Int32] { window(from: step * sequenceLength) }
  /// The ids that step `step` is scored on, [T, B].
  public func targets(step: Int) -> [Int32] { window(from: step * sequenceLength + 1) }

  private func window(from start: Int) -> [Int32] {
    (start..<start + sequenceLength).flatMap { place in lanes.map { $0[place] } }
  }
}
