internal import Foundation

/// How well a model predicts a text: its loss in the units that are usual.
///
///     perplexity = exp(nats / tokens)      bits per byte = nats / ln 2 / bytes
///
/// Perplexities compare only between models with the same tokens; bits per byte and per character compare between any,
/// since every text has the same bytes and characters however it is cut.
///
/// Of a bidirectional model these are the measures of its forward stack, which is a language model by itself; what both
/// stacks predict together is in ``bidirectional``.
public struct Evaluation: Sendable, Hashable {
  /// Scored tokens.
  public var tokens = 0
  /// Unicode scalars of the normalised text.
  public var characters = 0
  /// Bytes of the normalised text in UTF-8.
  public var bytes = 0
  /// The sum of −log P over the scored tokens, in nats.
  public var nats = 0.0
  /// Segments that are not in the vocabulary: each was spelled with characters or bytes, or became `<unk>`.
  public var unknownTokens = 0
  /// The scored tokens that are not part of such a segment.
  public var knownTokens = 0
  /// The nats of the known tokens.
  public var knownNats = 0.0
  /// What only a bidirectional model has; nil for every other.
  public var bidirectional: BidirectionalNats?

  /// An evaluation of nothing.
  public init() {}

  /// The mean loss of a token, in nats; NaN for an empty text.
  public var natsPerToken: Double { nats / Double(tokens) }
  /// The exponential of the mean loss.
  public var perplexity: Double { exp(natsPerToken) }
  /// Bits per Unicode scalar of the normalised text.
  public var bitsPerCharacter: Double { nats / natsPerBit / Double(characters) }
  /// Bits per byte of the normalised text in UTF-8.
  public var bitsPerByte: Double { nats / natsPerBit / Double(bytes) }
  /// The perplexity over the tokens of segments that are in the vocabulary.
  public var perplexityKnown: Double { exp(knownNats / Double(knownTokens)) }

  /// The mean of −log P(token | the tokens on both sides of it), in nats; nil where the model has one direction.
  public var pseudoNatsPerToken: Double? { bidirectional.map { $0.joint / Double(tokens) } }
  /// The exponential of that mean.
  ///
  /// It is no perplexity: each token is predicted by tokens that it helps to predict itself, so the probabilities do not
  /// multiply to one of the text, and the number is far lower than a perplexity of the same text.
  public var pseudoPerplexity: Double? { pseudoNatsPerToken.map { exp($0) } }
  /// The mean loss of the backward stack, which reads a window from its end, in nats.
  public var backwardNatsPerToken: Double? { bidirectional.map { $0.backward / Double(tokens) } }
  /// The perplexity of the backward stack.
  public var backwardPerplexity: Double? { backwardNatsPerToken.map { exp($0) } }
}

/// Sums over the scored tokens, in nats.
public struct BidirectionalNats: Sendable, Hashable {
  /// Of −log P by both stacks together.
  public var joint = 0.0
  /// Of −log P by the backward stack alone.
  public var backward = 0.0

  /// Sums over nothing.
  public init() {}
}

/// ln 2.
package let natsPerBit = 0.693147180559945309417
