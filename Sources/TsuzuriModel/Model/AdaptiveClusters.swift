/// How an adaptive softmax divides the vocabulary, whose tokens must stand in the order of their frequency.
///
/// The head predicts the first tokens and, for the others, which cluster they are in; each cluster predicts its own. The
/// rarer its tokens, the narrower what they are predicted from: a quarter of the width before.
///
///     P(v) = softmax(W_head·h + b)_v                                          for v below the first cutoff
///     P(v) = softmax(W_head·h + b)_cluster · softmax(W_out·(W_in·h))_v        in a cluster
///
/// | tensor | shape |
/// |---|---|
/// | `output.head.weight`, `output.head.bias` | [c₀ + K, H], [c₀ + K]: tokens 0 … c₀ − 1, then the K clusters |
/// | `output.tail.{i}.0.weight` | [H / 4^(i+1), H] |
/// | `output.tail.{i}.1.weight` | [tokens of the cluster, H / 4^(i+1)] |
///
/// Names and shapes are those of PyTorch's `AdaptiveLogSoftmaxWithLoss` with `head_bias=True`.
///
/// Source: Grave, Joulin, Cissé, Grangier & Jégou 2017, "Efficient softmax approximation for GPUs".
public struct AdaptiveClusters: Sendable, Hashable {
  /// The first token of each cluster.
  public let cutoffs: [Int]
  /// V.
  public let vocabularySize: Int
  /// The width of what is predicted from, H.
  public let width: Int

  /// The largest number of clusters.
  static let limit = 8

  init(cutoffs: [Int], vocabularySize: Int, width: Int) {
    self.cutoffs = cutoffs
    self.vocabularySize = vocabularySize
    self.width = width
  }

  /// K, the number of clusters.
  public var count: Int { cutoffs.count }
  /// c₀, how many tokens the head predicts itself.
  public var shortListSize: Int { cutoffs[0] }
  /// c₀ + K.
  public var headSize: Int { shortListSize + count }

  /// The tokens of a cluster.
  public func tokens(of cluster: Int) -> Range<Int> {
    cutoffs[cluster]..<(cluster + 1 < count ? cutoffs[cluster + 1] : vocabularySize)
  }

  /// The width from which a cluster's tokens are predicted.
  public func width(of cluster: Int) -> Int { max(1, width >> (2 * (cluster + 1))) }

  /// The cluster of a token; nil where the head predicts it.
  public func cluster(of token: Int) -> Int? { cutoffs.lastIndex { $0 <= token } }

  /// The tensors, the head's first.
  var tensors: [(name: String, shape: [Int])] {
    [(ParameterName.headWeight, [headSize, width]), (ParameterName.headBias, [headSize])]
      + (0..<count).flatMap { cluster in
        [
          (ParameterName.tail(cluster, 0), [width(of: cluster), width]),
          (ParameterName.tail(cluster, 1), [tokens(of: cluster).count, width(of: cluster)]),
        ]
      }
  }
}

extension ModelConfiguration {
  /// How the output divides the vocabulary; nil where one matrix predicts all tokens.
  public var adaptiveClusters: AdaptiveClusters? {
    adaptiveCutoffs.isEmpty
      ? nil : AdaptiveClusters(cutoffs: adaptiveCutoffs, vocabularySize: vocabularySize, width: featureSize)
  }

  /// Checks the cutoffs of an adaptive softmax.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:expected:found:)``.
  func validateClusters() throws(ModelError) {
    if adaptiveCutoffs.isEmpty { return }
    func require(_ holds: Bool, _ expected: String, _ found: String) throws(ModelError) {
      if !holds { throw .invalidConfiguration(field: "adaptive softmax", expected: expected, found: found) }
    }
    let ascends = zip(adaptiveCutoffs, adaptiveCutoffs.dropFirst()).allSatisfy { $0 < $1 }
    try require(
      ascends && adaptiveCutoffs.count <= AdaptiveClusters.limit
        && adaptiveCutoffs.allSatisfy { (1..<vocabularySize).contains($0) },
      "1 to \(AdaptiveClusters.limit) ascending numbers from 1 to \(vocabularySize - 1), one less than there are tokens",
      adaptiveCutoffs.map(String.init).joined(separator: ","))
    try require(!tiesEmbeddings, "none where embeddings are tied, as its rows have several widths", "one")
    try require(!isBidirectional, "none in a bidirectional model, whose output has a matrix for each direction", "one")
    try require(regularization.labelSmoothing == 0, "none beside label smoothing", "one")
  }
}
