internal import TsuzuriKernels

/// A model in use: the states of some sequences that run side by side, fed one token at a time.
///
/// Each user of a model has a session of its own; the weights are shared.
public final class InferenceSession {
  /// The model.
  public let model: LanguageModel
  /// How many sequences run side by side.
  public let sequences: Int
  private let pass: WindowPass
  private let logitsBuffer: FloatBuffer
  private let ids: IndexBuffer

  /// A session whose states are zero.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - sequences: how many run side by side.
  ///   - threads: how many share a product's columns; the results do not depend on it. nil for as many as the process may
  ///     use, or one where the model is too small for more.
  public init(model: LanguageModel, sequences: Int = 1, threads: Int? = nil) {
    precondition(sequences > 0, "a session of \(sequences) sequences was asked for")
    precondition(threads ?? 1 > 0, "a session of \(threads ?? 1) threads was asked for")
    self.model = model
    self.sequences = sequences
    let threads = model.isWorthSharing ? threads ?? WorkerPool.availableProcessors : 1
    pass = WindowPass(
      model.prepared, maximumTime: 32, lanes: sequences,
      arithmetic: Arithmetic(team: threads > 1 ? ProductTeam(threads: threads) : nil))
    logitsBuffer = FloatBuffer(count: sequences * model.configuration.vocabularySize)
    ids = IndexBuffer(count: 32 * sequences)
  }

  /// The logits of the next token [sequences, V], after the last token fed; zero before. Valid until the next is fed, and as
  /// long as the session lives.
  public var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(logitsBuffer.all) }

  /// Feeds one token to each sequence.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``.
  /// - Complexity: one pass over all weights.
  public func feed(_ tokens: [Int32]) throws(ModelError) {
    precondition(tokens.count == sequences, "\(tokens.count) tokens were fed to \(sequences) sequences")
    try check(tokens)
    ids.pointer.update(from: tokens, count: sequences)
    advance(time: 1)
  }

  /// Feeds the same tokens to every sequence, window by window: faster than one at a time.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then nothing was fed.
  public func feedPrompt(_ tokens: [Int32]) throws(ModelError) {
    try check(tokens)
    for start in stride(from: 0, to: tokens.count, by: pass.maximumTime) {
      let time = min(pass.maximumTime, tokens.count - start)
      for t in 0..<time { (ids.pointer + t * sequences).update(repeating: tokens[start + t], count: sequences) }
      advance(time: time)
    }
  }

  /// Sets the states to zero.
  public func reset() {
    pass.resetState()
    logitsBuffer.clear()
  }

  /// The states of all sequences.
  public var state: RecurrentState {
    get {
      var state = RecurrentState(model.configuration, lanes: sequences)
      pass.exportState(to: &state, firstLane: 0)
      return state
    }
    set {
      precondition(
        newValue.hasShape(of: RecurrentState(model.configuration, lanes: sequences)),
        "a state of another shape was given to a session of \(sequences) sequences")
      pass.importState(from: newValue, firstLane: 0)
    }
  }

  private func advance(time: Int) { SignalShield.during { run(time: time) } }

  private func run(time: Int) {
    pass.forward(ids: ids.pointer, time: time, parameters: model.parameters.pointer)
    pass.lastLogits(parameters: model.parameters.pointer, into: logitsBuffer.pointer)
    pass.carryState(time: time)
  }

  private func check(_ tokens: [Int32]) throws(ModelError) {
    let size = model.configuration.vocabularySize
    for id in tokens where id < 0 || Int(id) >= size {
      throw .tokenOutOfRange(id: id, vocabularySize: size)
    }
  }
}
