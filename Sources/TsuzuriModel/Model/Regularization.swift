/// What training does to a model so that it learns its language and not its text by heart. Nothing of it remains when the
/// model is used.
///
/// | member | what it does | source |
/// |---|---|---|
/// | ``inputDropout``, ``hiddenDropout``, ``outputDropout`` | drops elements after the embedding, between layers, before the output | Zaremba, Sutskever & Vinyals 2014 |
/// | ``isVariational`` | drops the same elements of a lane at every step of a window | Gal & Ghahramani 2016; Merity, Keskar & Socher 2018, section 4.2 |
/// | ``embeddingDropout`` | drops whole tokens: everywhere in a step's windows their vectors are zero | Gal & Ghahramani 2016, section 4.2 |
/// | ``weightDropout`` | drops elements of the matrices from state to state, the same for a whole step | Merity, Keskar & Socher 2018, section 2 (after Wan et al. 2013) |
/// | ``activationPenalty`` | adds α · mean(h²) of what the last layer gives, after dropout | Merity, McCann & Socher 2017 |
/// | ``temporalPenalty`` | adds β · mean((h_t − h_{t−1})²) of what the last layer gives, before dropout | Merity, McCann & Socher 2017 |
/// | ``labelSmoothing`` | asks for a probability of 1 − ε for the target, and ε / V for each token | Szegedy et al. 2016, section 7 |
///
/// What is kept is divided by the probability of being kept. The losses that are reported are those of the targets alone,
/// without penalties and smoothing, so that they can be compared.
public struct Regularization: Codable, Sendable, Hashable {
  /// The probability of dropping an element after the embedding; nil for the model's ``ModelConfiguration/dropout``.
  public var inputDropout: Float?
  /// The probability of dropping an element between layers; nil for the model's.
  public var hiddenDropout: Float?
  /// The probability of dropping an element before the output; nil for the model's.
  public var outputDropout: Float?
  /// Whether a lane's dropped elements are the same at every step of a window.
  public var isVariational: Bool
  /// The probability of dropping a token wherever it is read.
  public var embeddingDropout: Float
  /// The probability of dropping an element of a matrix from state to state.
  public var weightDropout: Float
  /// α of activation regularisation (AR).
  public var activationPenalty: Float
  /// β of temporal activation regularisation (TAR).
  public var temporalPenalty: Float
  /// ε of label smoothing.
  public var labelSmoothing: Float

  /// Nothing, unless asked for.
  public init(
    inputDropout: Float? = nil, hiddenDropout: Float? = nil, outputDropout: Float? = nil, isVariational: Bool = false,
    embeddingDropout: Float = 0, weightDropout: Float = 0, activationPenalty: Float = 0, temporalPenalty: Float = 0,
    labelSmoothing: Float = 0
  ) {
    self.inputDropout = inputDropout
    self.hiddenDropout = hiddenDropout
    self.outputDropout = outputDropout
    self.isVariational = isVariational
    self.embeddingDropout = embeddingDropout
    self.weightDropout = weightDropout
    self.activationPenalty = activationPenalty
    self.temporalPenalty = temporalPenalty
    self.labelSmoothing = labelSmoothing
  }

  /// Checks every number, for a model of that shape.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:expected:found:)``.
  func validate(for model: ModelConfiguration) throws(ModelError) {
    func require(_ holds: Bool, _ field: String, _ expected: String, _ found: some Any) throws(ModelError) {
      if !holds { throw .invalidConfiguration(field: field, expected: expected, found: "\(found)") }
    }
    let probability = "a number from 0 up to, not including, 1"
    for (field, value) in [
      ("input dropout", inputDropout ?? 0), ("hidden dropout", hiddenDropout ?? 0),
      ("output dropout", outputDropout ?? 0), ("embedding dropout", embeddingDropout),
      ("weight dropout", weightDropout), ("label smoothing", labelSmoothing),
    ] { try require(value >= 0 && value < 1, field, probability, value) }
    for (field, value) in [
      ("activation regularisation", activationPenalty), ("temporal activation regularisation", temporalPenalty),
    ] { try require(value >= 0 && value.isFinite, field, "a finite number, 0 or more", value) }
    let parts = model.layerType.recurrentParts(LayerShape(model, index: 0))
    try require(
      weightDropout == 0 || parts.contains { $0.role == "weight_hh" }, "weight dropout",
      "0 for the cell \(model.cell.rawValue), which has no matrix from state to state", weightDropout)
  }
}
