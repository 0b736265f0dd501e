/// Why a sample ended.
public enum FinishReason: String, Sendable, Hashable, Codable {
  /// A stop text came.
  case stop
  /// There were as many tokens as were allowed.
  case length
  /// The model wrote `<eos>`.
  case endOfText = "eos"
  /// The rules forbade every token.
  case exhausted
  /// Who asked for the text stopped it.
  case interrupted
}

/// A sample from its beginning to its end.
public struct GeneratedSample: Sendable, Hashable {
  /// Which of the samples it is, from 0.
  public let index: Int
  /// The text, without the prompt and without the stop text.
  public let text: String
  /// How many tokens were generated: those of a stop text count, an `<eos>` that ends the sample does not, as
  /// `evaluate` does not score it either.
  public let tokens: Int
  /// Why the sample ended.
  public let finishReason: FinishReason
  /// The natural logarithm of the probability of these tokens after the prompt: the model's own, before any rule.
  public let logProbability: Double
  /// What a search compares texts by (``BeamSearch``): the `<eos>` that ends the text counts there. nil for what was drawn.
  public let score: Double?
}

/// Text as it is made: whole characters, nothing of which is taken back.
public struct TextPiece: Sendable, Hashable {
  /// Which of the samples it belongs to, from 0.
  public let sample: Int
  /// The text, which can be empty only in the last piece.
  public let text: String
  /// In the last piece of a sample, the whole sample.
  public let end: GeneratedSample?
}
