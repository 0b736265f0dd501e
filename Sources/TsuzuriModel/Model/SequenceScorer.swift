internal import TsuzuriKernels

/// Scores a text token by token: −log P(token | all tokens before it), with the state carried through.
///
/// A text is scored after `<eos>`, which is fed first and, where it stands inside, is fed but not scored unless asked.
/// The tokens come in any number of parts; how they are cut makes no difference.
///
/// - Complexity: one forward pass a token; the products that do not depend on the state run over whole windows.
public final class SequenceScorer {
  /// The id that is fed before the first token.
  public static let endOfText: Int32 = 0

  private let model: LanguageModel
  package let scoresEndOfText: Bool
  private let resetInterval: Int?
  private let pass: WindowPass
  private let inputs: IndexBuffer
  private let targets: IndexBuffer
  private var previous = SequenceScorer.endOfText
  private var sinceReset = 0

  /// A scorer before the first token of a text.
  ///
  /// - Parameters:
  ///   - model: what gives the probabilities.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  ///   - resetInterval: after how many tokens the state is set to zero; nil carries it from beginning to end.
  ///   - threads: how many share a product's columns; the losses do not depend on it. nil for as many as the process may
  ///     use, or one where the model is too small for more.
  public init(
    model: LanguageModel, scoresEndOfText: Bool = false, resetInterval: Int? = nil, threads: Int? = nil
  ) {
    precondition(resetInterval ?? 1 > 0, "a reset every \(resetInterval ?? 0) tokens was asked for")
    self.model = model
    self.scoresEndOfText = scoresEndOfText
    self.resetInterval = resetInterval
    let time = min(256, resetInterval ?? 256)
    pass = WindowPass(
      model.prepared, maximumTime: time, lanes: 1,
      arithmetic: model.sharedArithmetic(threads: threads))
    inputs = IndexBuffer(count: time)
    targets = IndexBuffer(count: time)
  }

  /// Scores the next tokens of the text.
  ///
  /// - Parameters:
  ///   - tokens: the tokens that follow those of the call before.
  ///   - losses: receives −log P of each token in nats; 0 for one that is not scored.
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then none of the tokens was scored.
  public func score(
    _ tokens: UnsafeBufferPointer<Int32>, into losses: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    try score(tokens, into: losses, onWindow: nil)
  }

  package func score(
    _ tokens: UnsafeBufferPointer<Int32>, into losses: UnsafeMutablePointer<Float>,
    onWindow: ((ScoredWindow) -> Void)?
  ) throws(ModelError) {
    try model.configuration.check(tokens)
    var start = 0
    while start < tokens.count {
      var time = min(pass.maximumTime, tokens.count - start)
      if let resetInterval { time = min(time, resetInterval - sinceReset) }
      for t in 0..<time {
        inputs.pointer[t] = previous
        previous = tokens[start + t]
        targets.pointer[t] = previous == Self.endOfText && !scoresEndOfText ? -1 : previous
      }
      let parameters = UnsafePointer(model.parameters.pointer)
      SignalShield.during {
        pass.forward(ids: inputs.pointer, time: time, parameters: parameters)
        pass.losses(targets: targets.pointer, parameters: parameters, into: losses + start)
      }
      pass.carryState(time: time)
      sinceReset += time
      onWindow?(
        ScoredWindow(
          tokens: start..<start + time, features: pass.features, endsMemory: sinceReset == resetInterval))
      start += time
      if sinceReset == resetInterval {
        pass.resetState()
        sinceReset = 0
      }
    }
  }

  /// Forgets everything: the next token is the first of a text.
  public func reset() {
    pass.resetState()
    previous = Self.endOfText
    sinceReset = 0
  }

  /// The losses of the next tokens of the text, in nats.
  public func score(_ tokens: [Int32]) throws(ModelError) -> [Float] { try losses(of: tokens) }
}

extension SequenceScorer: WindowedScorer {
  package var longestWindow: Int { pass.maximumTime }
  package var featureSize: Int { pass.configuration.featureSize }
}
