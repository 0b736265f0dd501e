/// The shape of a language model: everything that decides which parameters it has and what they compute.
public struct ModelConfiguration: Codable, Sendable, Hashable {
  /// The recurrent layer.
  public var cell: CellKind
  /// V, the number of token ids.
  public var vocabularySize: Int
  /// E, the width of an embedding.
  public var embeddingSize: Int
  /// H, the width of a layer's state.
  public var hiddenSize: Int
  /// L, the number of layers.
  public var layers: Int
  /// Whether the output projection uses the embedding's matrix (Press & Wolf 2017). Where E is another width than that of the
  /// layers' output, a matrix of its own brings the one to the other first.
  public var tiesEmbeddings: Bool
  /// The probability with which training drops an element after the embedding, between layers and before the output.
  public var dropout: Float
  /// The first token of each cluster of an adaptive softmax (``AdaptiveClusters``); empty for a full one.
  public var adaptiveCutoffs: [Int]
  /// What else training does against learning by heart.
  public var regularization: Regularization

  /// P, the width to which the output of the cell `lstm` is projected (Sak, Senior & Beaufays 2014); nil where it is not.
  public var projectionSize: Int?
  /// Whether the gates of the cell `lstm` are normalised (Ba, Kiros & Hinton 2016).
  public var normalizesGates: Bool
  /// Whether each layer above the first adds its input to its output.
  public var isResidual: Bool
  /// Whether a second stack reads the text backwards (Schuster & Paliwal 1997).
  public var isBidirectional: Bool
  /// N, how many tokens the feed-forward model sees.
  public var context: Int
  /// Whether the state that a text begins from is learned; otherwise it is zero.
  public var learnsInitialState: Bool
  /// The tokens that end what the model takes as one text, in ascending order: where one of them was to be read, the state begins
  /// anew and `<eos>` is read. Empty where the state goes on, from line to line and from text to text.
  public var resetTokens: [Int32]

  /// A configuration; the defaults are the command's.
  public init(
    cell: CellKind = .lstm, vocabularySize: Int, embeddingSize: Int = 128, hiddenSize: Int = 256, layers: Int = 2,
    tiesEmbeddings: Bool = false, dropout: Float = 0, projectionSize: Int? = nil, normalizesGates: Bool = false,
    isResidual: Bool = false, isBidirectional: Bool = false, context: Int = 5,
    learnsInitialState: Bool = false, resetTokens: [Int32] = [], adaptiveCutoffs: [Int] = [],
    regularization: Regularization = Regularization()
  ) {
    self.cell = cell
    self.vocabularySize = vocabularySize
    self.embeddingSize = embeddingSize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.tiesEmbeddings = tiesEmbeddings
    self.dropout = dropout
    self.projectionSize = projectionSize
    self.normalizesGates = normalizesGates
    self.isResidual = isResidual
    self.isBidirectional = isBidirectional
    self.context = context
    self.learnsInitialState = learnsInitialState
    self.resetTokens = resetTokens
    self.adaptiveCutoffs = adaptiveCutoffs
    self.regularization = regularization
  }

  /// The probability of dropping an element after the embedding.
  var embeddedDropout: Float { regularization.inputDropout ?? dropout }

  /// The probability of dropping an element of what a layer gives.
  func dropout(afterLayer index: Int) -> Float {
    (index == layers - 1 ? regularization.outputDropout : regularization.hiddenDropout) ?? dropout
  }

  /// The width of what a layer gives upwards: P, or H.
  public var outputSize: Int { projectionSize ?? hiddenSize }

  /// Whether a matrix stands between the last layer and a tied embedding of another width.
  package var projectsFeatures: Bool { tiesEmbeddings && embeddingSize != outputSize }

  /// The width of what the output projection is given: that of the last layer's output, or of the embedding.
  package var featureSize: Int { tiesEmbeddings ? embeddingSize : outputSize }

  /// The first words of the recurrent tensors' names: one for each stack of layers.
  package var stacks: [String] { isBidirectional ? ["forward.rnn", "backward.rnn"] : ["rnn"] }

  /// Checks that a model of this shape can exist.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:expected:found:)``.
  public func validate() throws(ModelError) {
    func require(_ holds: Bool, _ field: String, _ expected: String, _ found: some Any) throws(ModelError) {
      if !holds { throw .invalidConfiguration(field: field, expected: expected, found: "\(found)") }
    }
    let sizes = 1...1_000_000
    try require((1...10_000_000).contains(vocabularySize), "vocabulary size", "1 to 10000000", vocabularySize)
    try require(sizes.contains(embeddingSize), "embedding size", "1 to 1000000", embeddingSize)
    try require(sizes.contains(hiddenSize), "hidden size", "1 to 1000000", hiddenSize)
    try require((1...64).contains(layers), "layers", "1 to 64", layers)
    try require(dropout >= 0 && dropout < 1, "dropout", "a number from 0 up to, not including, 1", dropout)
    if let projectionSize {
      try require(
        cell == .lstm, "projection size", "none for the cell \(cell.rawValue), as only lstm has one", projectionSize)
      try require(
        projectionSize > 0 && projectionSize < hiddenSize, "projection size",
        "a number below the hidden size, \(hiddenSize)", projectionSize)
      try require(
        !normalizesGates, "projection size", "none where the gates are normalised, as there is no layer with both",
        projectionSize)
    }
    try require(
      !normalizesGates || cell == .lstm, "layer normalisation",
      "none for the cell \(cell.rawValue), as only lstm has one",
      "one")
    try require((1...64).contains(context), "context", "1 to 64", context)
    try require(
      !learnsInitialState || cell != .feedForward, "initial state",
      "zeros for the cell feed-forward, which carries nothing but what it has read", "a learned one")
    try regularization.validate(for: self)
    for id in resetTokens {
      try require((0..<vocabularySize).contains(Int(id)), "tokens that end a text", "ids below \(vocabularySize)", id)
    }
    if !resetTokens.isEmpty {
      try require(!isBidirectional, "documents", "whole texts for a bidirectional model", "lines")
      try require(cell != .feedForward, "documents", "whole texts for the cell \(cell.rawValue)", "lines")
      try require(
        regularization.temporalPenalty == 0, "temporal penalty", "none where each line is a text by itself",
        regularization.temporalPenalty)
    }
    try validateClusters()
    // Dropout keys a stack's places by seven bits, and two stacks share them.
    try require(!isBidirectional || layers <= 32, "layers", "1 to 32 in each of two stacks", layers)
    try require(
      !isBidirectional || !tiesEmbeddings, "tied embeddings",
      "none in a bidirectional model, whose output has a matrix for each direction", tiesEmbeddings)
    // A bound on the products of sizes that are each possible, before anything is multiplied as an integer.
    let (V, E, H) = (Double(vocabularySize), Double(embeddingSize), Double(hiddenSize))
    let stacks = isBidirectional ? 2.0 : 1
    let count = V * E + stacks * (V * H + Double(max(4, context)) * H * E + Double(layers) * 8 * H * H)
    try require(count < 8e9, "size", "fewer than 8 thousand million parameters", "about \(count)")
  }
}
