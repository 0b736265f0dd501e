internal import TsuzuriKernels

/// Scores a text token by token with a bidirectional model: −log P(token | all tokens before it and those after it in its
/// window), and the same from each side alone.
///
/// The text is scored after `<eos>`, in windows of fixed length that are counted from its beginning. The forward stack's
/// state is carried from window to window; the backward stack starts from zeros at each window's right end, which may be
/// the text's: the last token of a window is predicted from its left alone. A token is scored when its window is full, or
/// by ``finish(_:)``; so how the text is cut into parts makes no difference.
///
/// - Complexity: a forward pass of both stacks a token.
public final class BidirectionalScorer {
  /// The window where nobody asks for another.
  public static let defaultWindow = 256

  /// −log P of one token in nats; all 0 for one that is not scored.
  public struct Losses: Sendable, Hashable {
    /// From both sides.
    public var joint: Float
    /// By the forward stack alone, from all tokens before it.
    public var forward: Float
    /// By the backward stack alone, from the tokens after it in its window.
    public var backward: Float
  }

  private let model: LanguageModel
  private let scoresEndOfText: Bool
  private let pass: BidirectionalPass
  private let inputs, following, targets: IndexBuffer
  private let joint: FloatBuffer
  private var filled = 0
  private var previous = SequenceScorer.endOfText

  /// A scorer before the first token of a text.
  ///
  /// - Parameters:
  ///   - model: what gives the probabilities; it must have two stacks.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  ///   - window: at whose right end the backward stack starts from zeros.
  ///   - threads: how many share a product's columns; the losses do not depend on it. nil for as many as the process may
  ///     use, or one where the model is too small for more.
  public init(
    model: LanguageModel, scoresEndOfText: Bool = false, window: Int = BidirectionalScorer.defaultWindow,
    threads: Int? = nil
  ) {
    precondition(window > 0, "a window of \(window) tokens was asked for")
    self.model = model
    self.scoresEndOfText = scoresEndOfText
    pass = BidirectionalPass(
      model.prepared, maximumTime: window, lanes: 1,
      arithmetic: model.sharedArithmetic(threads: threads))
    inputs = IndexBuffer(count: window)
    following = IndexBuffer(count: window)
    targets = IndexBuffer(count: window)
    joint = FloatBuffer(count: window)
  }

  /// Takes the next tokens of the text.
  ///
  /// - Parameters:
  ///   - tokens: the tokens that follow those of the call before.
  ///   - onLosses: is told the losses of each token whose window is full, in the order of the text; some may belong to tokens
  ///     of earlier calls.
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``, and then none of the tokens was taken; what `onLosses`
  ///   throws.
  public func score(_ tokens: some Collection<Int32>, _ onLosses: (Losses) throws -> Void) throws {
    try model.configuration.check(tokens)
    for id in tokens {
      inputs.pointer[filled] = previous
      following.pointer[filled] = id
      targets.pointer[filled] = id == SequenceScorer.endOfText && !scoresEndOfText ? -1 : id
      previous = id
      filled += 1
      if filled == pass.maximumTime { try scoreWindow(onLosses) }
    }
  }

  /// Scores what still waits for its window to be full: the text has come to its end, or makes a pause. The next token
  /// begins a new window.
  ///
  /// - Throws: what `onLosses` throws.
  public func finish(_ onLosses: (Losses) throws -> Void) throws {
    if filled > 0 { try scoreWindow(onLosses) }
  }

  private func scoreWindow(_ onLosses: (Losses) throws -> Void) throws {
    let time = filled
    filled = 0
    let parameters = UnsafePointer(model.parameters.pointer)
    SignalShield.during {
      pass.forward(inputs: inputs.pointer, following: following.pointer, time: time, parameters: parameters)
      pass.losses(targets: targets.pointer, parameters: parameters, into: joint.pointer)
    }
    pass.carryState(time: time)
    for t in 0..<time {
      try onLosses(
        Losses(
          joint: joint.pointer[t], forward: pass.forwardLosses.pointer[t], backward: pass.backwardLosses.pointer[t]))
    }
  }
}
