internal import TsuzuriData
public import TsuzuriEvaluation
internal import TsuzuriKernels
public import TsuzuriModel
public import TsuzuriText

/// Scores a text with a network that learns from it as it goes: dynamic evaluation.
///
/// A window of the text is scored; then a copy of the weights takes one step along the gradient of the window's mean loss, by
/// `DynamicRule`; the next window is scored with the weights and the state that this one left. So each token is predicted by
/// a model that has learnt from all tokens before its window, and from none behind. The model itself does not change.
///
/// Windows are counted from the beginning of the text; how it is cut into calls makes no difference but in the last digits. An
/// `<eos>` that is not scored is learnt from, as in training.
///
/// - Complexity: a training step of one lane a window. It reads and writes all parameters, so a short window costs more a
///   token.
///
/// Source: Krause, Kahembwe, Murray & Renals 2018, "Dynamic evaluation of neural sequence models"; the idea, Mikolov et al.
/// 2010, "Recurrent neural network based language model", section 3.
public final class DynamicScorer {
  /// The numbers of dynamic evaluation.
  public struct Options: Sendable, Hashable {
    /// After how many tokens the weights move.
    public var window: Int
    /// η: how far they move.
    public var rate: Double
    /// λ: how far they are pulled back to where training left them.
    public var decay: Double
    /// ε: what is added to the size of gradients, in which steps are measured.
    public var epsilon: Double

    /// Options; η is that of the paper's authors' program, which is meant for windows of 5 and is multiplied for longer ones. ε
    /// and λ were found on validation texts.
    ///
    /// - Parameters:
    ///   - window: how many tokens are scored before a step is taken.
    ///   - rate: η; nil for ``ratePerToken`` times the window: the mean loss of a long window has a smaller gradient, and there
    ///     are fewer steps.
    ///   - decay: λ, how strongly the weights are drawn back; nil for ``decayPerToken`` times the window.
    ///   - epsilon: ε, what is added to the size of gradients.
    public init(
      window: Int = Options.window, rate: Double? = nil, decay: Double? = nil, epsilon: Double = Options.epsilon
    ) {
      self.window = window
      self.rate = rate ?? Options.ratePerToken * Double(window)
      self.decay = decay ?? Options.decayPerToken * Double(window)
      self.epsilon = epsilon
    }

    /// The window where none is given, for words.
    public static let window = 5
    /// The window where none is given, for characters and bytes.
    public static let characterWindow = 20
    /// η where none is given, for each token of the window.
    public static let ratePerToken = 0.00001
    /// λ where none is given, for each token of the window: a quarter of the authors', whose mean of RMS is one over tensors, and
    /// thereby larger.
    public static let decayPerToken = 0.0001
    /// ε where none is given: ten times the authors', since weights that hardly ever had a gradient ran away from small models of
    /// words. About as large as the usual gradient of a window.
    public static let epsilon = 0.0002

    /// The window where none is given, for tokens of a level.
    public static func window(for level: TokenLevel) -> Int {
      [.word, .whitespace].contains(level) ? window : characterWindow
    }
  }

  /// The numbers.
  public let options: Options
  package let scoresEndOfText: Bool
  private let model: LanguageModel
  private let parameters: FloatBuffer
  private let step: TrainingStep
  /// The token before the window, and those of the window that were scored.
  private var window: [Int32] = [SequenceScorer.endOfText]

  /// A scorer before the first token of a text.
  ///
  /// - Parameters:
  ///   - model: the network; it must have one direction and weights of single precision.
  ///   - statistics: of its gradients.
  ///   - options: the numbers.
  ///   - scoresEndOfText: whether `<eos>` inside the text is scored, as at the whitespace level, where it ends lines.
  ///   - threads: how many share the update; the losses do not depend on it.
  public init(
    model: LanguageModel, statistics: GradientStatistics, options: Options = Options(), scoresEndOfText: Bool = false,
    threads: Int = 1
  ) {
    precondition(!model.isQuantized, "8-bit weights cannot move")
    precondition(options.window > 0, "a window of \(options.window) tokens was asked for")
    precondition(options.epsilon > 0, "ε is \(options.epsilon)")
    self.options = options
    self.scoresEndOfText = scoresEndOfText
    self.model = model
    parameters = FloatBuffer(count: model.layout.bufferCount)
    parameters.pointer.update(from: model.parameters.pointer, count: parameters.count)
    step = TrainingStep(
      model.configuration.withoutRegularization,
      training: TrainingConfiguration(
        batchSize: 1, sequenceLength: options.window, clipping: GradientClipping(), shares: 1),
      parameters: parameters, pool: WorkerPool(threads: threads),
      optimizer: DynamicRule(trained: model.parameters, statistics: statistics, options: options))
  }

  /// The weights as they are now: a model that has learnt from all whole windows of the text so far.
  public var adaptedModel: LanguageModel {
    LanguageModel(model.configuration, layout: model.layout, parameters: step.snapshot())
  }

  /// Takes the window as it is; where it is whole, the weights move and the state goes on.
  private func run(isWhole: Bool) {
    let state = isWhole ? nil : step.state
    let count = window.count - 1
    do {
      let batcher = try LaneBatcher(tokens: TokenArray(window), lanes: 1, window: count)
      try SignalShield.during {
        _ = try step.run(batcher, window: 0, step: 0, learningRate: options.rate, updates: isWhole)
      }
    } catch {
      preconditionFailure("a window of \(count) tokens in memory cannot be read: \(error)")
    }
    if let state { step.state = state }
  }
}

extension DynamicScorer: TokenScorer, WindowedScorer {
  package var longestWindow: Int { options.window }
  package var featureSize: Int { model.configuration.featureSize }

  /// Scores the next tokens of the text; 0 for one that is not scored.
  ///
  /// - Throws: `ModelError.tokenOutOfRange`; then none of the tokens was scored.
  public func score(_ tokens: [Int32]) throws -> [Float] { try losses(of: tokens) }

  package func score(
    _ tokens: UnsafeBufferPointer<Int32>, into losses: UnsafeMutablePointer<Float>,
    onWindow: ((ScoredWindow) -> Void)?
  ) throws(ModelError) {
    try model.configuration.check(tokens)
    var start = 0
    while start < tokens.count {
      let before = window.count - 1
      let end = min(tokens.count, start + options.window - before)
      window += tokens[start..<end]
      let isWhole = window.count - 1 == options.window
      run(isWhole: isWhole)
      let last = step.lastWindow
      for index in start..<end {
        losses[index] = isScored(tokens[index]) ? last.losses[before + index - start] : 0
      }
      onWindow?(ScoredWindow(tokens: start..<end, features: last.features + before * featureSize))
      if isWhole { window = [window[options.window]] }
      start = end
    }
  }

  /// Forgets everything, what was learnt too: the next token is the first of a text.
  public func reset() {
    parameters.pointer.update(from: model.parameters.pointer, count: parameters.count)
    step.resetState()
    window = [SequenceScorer.endOfText]
  }
}
