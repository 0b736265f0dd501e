package import TsuzuriKernels

/// A model in use: the states of some sequences that run side by side, fed one token at a time.
///
/// Each user of a model has a session of its own; the weights are shared.
public final class InferenceSession {
  /// The model.
  public let model: LanguageModel
  /// How many sequences run side by side.
  public let sequences: Int
  private let shares: SessionShares
  private let pool: WorkerPool
  /// Whether all sequences have been fed the same, so that what one of them would come to holds for all.
  private var areAlike = true
  /// One sequence in the place of all, for what they have in common.
  private lazy var one = SessionShares(model, sequences: 1, pool: pool)

  /// A session whose states are zero.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - sequences: how many run side by side.
  ///   - threads: how many share the sequences, or the columns of a product where these are few; the results do not
  ///     depend on it. nil for as many as the process may use, or one where there is too little to do for more.
  public convenience init(model: LanguageModel, sequences: Int = 1, threads: Int? = nil) {
    precondition(threads ?? 1 > 0, "a session of \(threads ?? 1) threads was asked for")
    let threads = threads ?? WorkerPool.availableProcessors
    let isWorthThreads = SessionShares.areWorthThreads(model, sequences: sequences, threads: threads)
    self.init(model: model, sequences: sequences, pool: WorkerPool(threads: isWorthThreads ? threads : 1))
  }

  /// A session whose states are zero, on the threads of a pool that others use when it does not.
  package init(model: LanguageModel, sequences: Int, pool: WorkerPool) {
    precondition(sequences > 0, "a session of \(sequences) sequences was asked for")
    self.model = model
    self.sequences = sequences
    self.pool = pool
    shares = SessionShares(model, sequences: sequences, pool: pool)
  }

  /// The logits of the next token [sequences, V], after the last token fed; zero before. Valid until the next is fed, and as
  /// long as the session lives.
  public var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(shares.logits.all) }

  /// Feeds one token to each sequence.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``.
  /// - Complexity: one pass over all weights.
  public func feed(_ tokens: [Int32]) throws(ModelError) {
    precondition(tokens.count == sequences, "\(tokens.count) tokens were fed to \(sequences) sequences")
    try model.configuration.check(tokens)
    areAlike = false
    shares.feed(time: 1) { tokens[$1] }
  }

  /// Feeds the same tokens to every sequence, window by window: faster than one at a time. While the sequences have nothing
  /// else behind them, only one of them is computed.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then nothing was fed.
  public func feedPrompt(_ tokens: [Int32]) throws(ModelError) {
    try model.configuration.check(tokens)
    if tokens.isEmpty { return }
    let fed = areAlike && sequences > 1 ? one : shares
    if fed === one { one.importState(from: state.lane(0)) }
    feed(tokens, to: fed)
    if fed === one { giveToAll() }
  }

  private func feed(_ tokens: [Int32], to shares: SessionShares) {
    for start in stride(from: 0, to: tokens.count, by: SessionShares.longestTime) {
      let time = min(SessionShares.longestTime, tokens.count - start)
      shares.feed(time: time) { step, _ in tokens[start + step] }
    }
  }

  /// Lets one sequence begin anew, from zeros, and feeds it the tokens; the others stay where they are. What it comes to
  /// has the bits that a session of its own would give.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then nothing was changed.
  /// - Complexity: the tokens' passes over all weights, and a copy of all states.
  public func begin(_ sequence: Int, with tokens: [Int32]) throws(ModelError) {
    precondition(
      sequence >= 0 && sequence < sequences, "sequence \(sequence) was to begin anew, but there are \(sequences)")
    try model.configuration.check(tokens)
    one.reset()
    feed(tokens, to: one)
    var lane = RecurrentState(model.configuration, lanes: 1)
    one.exportState(to: &lane)
    var all = state
    all.setLane(sequence, to: lane)
    state = all
    let size = model.configuration.vocabularySize
    (shares.logits.pointer + sequence * size).update(from: one.logits.pointer, count: size)
  }

  /// Lets sequence n go on from where sequence `sources[n]` is: with its state and its logits.
  ///
  /// - Complexity: a copy of all states and logits.
  public func branch(from sources: [Int]) {
    precondition(sources.count == sequences, "\(sources.count) sources were given to \(sequences) sequences")
    if sources.elementsEqual(0..<sequences) { return }
    state = state.lanes(sources)
    let size = model.configuration.vocabularySize
    let before = Array(logits)
    before.withUnsafeBufferPointer { before in
      for (n, source) in sources.enumerated() where source != n {
        (shares.logits.pointer + n * size).update(from: before.baseAddress! + source * size, count: size)
      }
    }
  }

  /// Gives every sequence the state and the logits of ``one``.
  private func giveToAll() {
    var state = RecurrentState(model.configuration, lanes: 1)
    one.exportState(to: &state)
    shares.importState(from: state.repeated(lanes: sequences))
    let size = model.configuration.vocabularySize
    for n in 0..<sequences { (shares.logits.pointer + n * size).update(from: one.logits.pointer, count: size) }
  }

  /// Sets the states to zero.
  public func reset() {
    areAlike = true
    shares.reset()
  }

  /// The states of all sequences. Where they are set, ``logits`` stay those of what was fed before until the next token.
  ///
  /// - Precondition: a state that is given has as many lanes and the widths of this model.
  public var state: RecurrentState {
    get {
      var state = RecurrentState(model.configuration, lanes: sequences)
      shares.exportState(to: &state)
      return state
    }
    set {
      precondition(
        newValue.hasShape(of: RecurrentState(model.configuration, lanes: sequences)),
        "a state of another shape was given to a session of \(sequences) sequences")
      areAlike = false
      shares.importState(from: newValue)
    }
  }
}
