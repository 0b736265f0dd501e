/// What the exponential of a model's loss is called.
struct ModelMeasure {
  /// Whether each token is predicted from both sides: then the exponential is no perplexity, and must not be taken for one.
  let isBidirectional: Bool

  /// `perplexity`, or `pseudo-perplexity`.
  var perplexity: String { isBidirectional ? "pseudo-perplexity" : "perplexity" }
}
