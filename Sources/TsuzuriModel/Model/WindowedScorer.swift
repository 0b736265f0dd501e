/// A scorer that goes through a text window by window, and shows of each what the losses were made from.
package protocol WindowedScorer: AnyObject {
  /// The longest window that is shown.
  var longestWindow: Int { get }
  /// The width of a token's features.
  var featureSize: Int { get }
  /// Whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  var scoresEndOfText: Bool { get }

  /// Scores the next tokens of the text.
  ///
  /// - Parameters:
  ///   - tokens: the tokens that follow those of the call before.
  ///   - losses: receives −log P of each token in nats; 0 for one that is not scored.
  ///   - onWindow: is shown the windows that the tokens make, one after the other, each when it has been scored.
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then none of the tokens was scored.
  func score(
    _ tokens: UnsafeBufferPointer<Int32>, into losses: UnsafeMutablePointer<Float>,
    onWindow: ((ScoredWindow) -> Void)?
  ) throws(ModelError)

  /// Forgets everything: the next token is the first of a text.
  func reset()
}

/// A window that was scored.
package struct ScoredWindow {
  /// Which of the call's tokens it has.
  package var tokens: Range<Int>
  /// What the output projection was given to predict each of them [tokens, feature size]. Valid while it is shown.
  package var features: UnsafePointer<Float>
  /// Whether everything is forgotten behind it.
  package var endsMemory: Bool

  package init(tokens: Range<Int>, features: UnsafePointer<Float>, endsMemory: Bool = false) {
    self.tokens = tokens
    self.features = features
    self.endsMemory = endsMemory
  }
}

extension WindowedScorer {
  /// Whether a token of the text is scored.
  package func isScored(_ token: Int32) -> Bool { token != SequenceScorer.endOfText || scoresEndOfText }

  /// The losses of the next tokens of the text, in nats.
  package func losses(
    of tokens: [Int32], onWindow: ((ScoredWindow) -> Void)? = nil
  ) throws(ModelError) -> [Float] {
    var losses = [Float](repeating: 0, count: tokens.count)
    let result: Result<Void, ModelError> = tokens.withUnsafeBufferPointer { tokens in
      losses.withUnsafeMutableBufferPointer { losses in
        guard let base = losses.baseAddress else { return .success(()) }
        do throws(ModelError) {
          return .success(try score(tokens, into: base, onWindow: onWindow))
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
    return losses
  }
}
