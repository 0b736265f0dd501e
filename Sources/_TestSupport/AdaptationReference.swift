/// A case of `cache.json`: a text scored by a model with a neural cache.
public struct CacheReference: LanguageModelReference {
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
  /// One lane.
  public var batchSize: Int
  /// Means nothing here.
  public var sequenceLength: Int
  /// Whether the output uses the embedding's weights.
  public var isTied: Bool
  /// The tensors in the order that gives them their numbers.
  public var tensors: [ReferenceTensor]
  /// The tokens, after token 0.
  public var text: [Int32]
  /// N.
  public var size: Int
  /// θ and λ.
  public var theta, lambda: Double
  /// −log P of each token, in nats.
  public var losses: [Double]
}

/// A case of `dynamic.json`: a text scored by a model that learns from what it has scored.
public struct DynamicReference: LanguageModelReference {
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
  /// One lane.
  public var batchSize: Int
  /// Means nothing here.
  public var sequenceLength: Int
  /// Whether the output uses the embedding's weights.
  public var isTied: Bool
  /// The tensors in the order that gives them their numbers.
  public var tensors: [ReferenceTensor]
  /// The tokens, after token 0.
  public var text: [Int32]
  /// After how many tokens the weights move.
  public var window: Int
  /// η, λ and ε.
  public var rate, decay, epsilon: Double
  /// The ids that the statistics are made of [B][windows · laneWindow + 1].
  public var lanes: [[Int32]]
  /// How many tokens of a lane one of the statistics' windows has.
  public var laneWindow: Int
  /// The mean over all parameters of ``statistics``.
  public var mean: Double
  /// −log P of each token, in nats.
  public var losses: [Double]
  /// The root of the mean of the gradient's squares, for each tensor by name.
  public var statistics: [String: [Double]]
  /// The sum of each tensor's elements at the end.
  public var parameterSums: [String: Double]
}
