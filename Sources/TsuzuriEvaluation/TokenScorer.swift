public import TsuzuriModel

/// What evaluation needs of a model that reads forwards: −log P of each token of a text.
///
/// `SequenceScorer` is one; so is every other model that gives a text's tokens their probabilities one after the other.
public protocol TokenScorer: AnyObject {
  /// Scores the next tokens of the text, which begins after `<eos>`: −log P(token | all tokens before it), in nats.
  ///
  /// - Parameter tokens: the tokens that follow those of the call before.
  /// - Returns: a loss for each token; 0 for one that is fed but not scored.
  func score(_ tokens: [Int32]) throws -> [Float]

  /// Forgets everything: the next token is the first of a text.
  func reset()
}

extension SequenceScorer: TokenScorer {}
