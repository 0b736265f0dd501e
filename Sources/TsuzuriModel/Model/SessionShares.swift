internal import TsuzuriKernels

/// The sequences of an ``InferenceSession`` on their way through the network.
///
/// Many sequences are cut into one share for each thread, which takes it from its ids to its logits alone, as in training:
/// one meeting a token. Few sequences would leave a product's tiles half empty, and each thread would read all weights for
/// them; they are one share, and the threads share the columns of its products. The logits' bits are the same either way,
/// since a packed product's row does not depend on the rows beside it.
final class SessionShares: PoolWork, @unchecked Sendable {
  // SAFETY: one session owns it and calls it from one thread at a time. `time` is written before the threads are called;
  // each part has a pass, ids and rows of the logits of its own.

  /// The longest window.
  static let longestTime = 32
  /// The logits after the last window [sequences, V].
  let logits: FloatBuffer
  private let model: LanguageModel
  private let pool: WorkerPool
  private let shares: [Share]
  private var time = 0

  private struct Share {
    let lanes: Range<Int>
    let pass: WindowPass
    /// [time, lanes].
    let ids: IndexBuffer
  }

  /// From so many sequences a thread on, each thread has its own.
  private static let leastSequencesOfAShare = 8
  /// How many bytes of weights, counted once for each sequence, are multiplied in clearly more time than a meeting takes.
  private static let leastBytes = 1 << 22
  /// Weights beyond this come from memory, which would have to give them to each thread: 46 MB were slower by a fifth.
  private static let largestWeights = 1 << 24

  init(_ model: LanguageModel, sequences: Int, pool: WorkerPool) {
    self.model = model
    self.pool = pool
    let count = Self.shareCount(model, sequences: sequences, threads: pool.threads)
    let team = count == 1 && pool.threads > 1 && model.isWorthSharing ? ProductTeam(pool: pool) : nil
    shares = (0..<count).map { part in
      let lanes = (0..<sequences).part(part, of: count)
      return Share(
        lanes: lanes,
        pass: WindowPass(
          model.prepared, maximumTime: Self.longestTime, lanes: lanes.count, arithmetic: Arithmetic(team: team)),
        ids: IndexBuffer(count: Self.longestTime * lanes.count))
    }
    logits = FloatBuffer(count: sequences * model.configuration.vocabularySize)
  }

  private static func shareCount(_ model: LanguageModel, sequences: Int, threads: Int) -> Int {
    let (weights, isMany) = (model.bytesPerToken, sequences >= leastSequencesOfAShare * threads)
    return isMany && weights <= largestWeights && sequences * weights >= leastBytes ? threads : 1
  }

  /// Whether threads have something to do in a session of so many sequences.
  static func areWorthThreads(_ model: LanguageModel, sequences: Int, threads: Int) -> Bool {
    model.isWorthSharing || shareCount(model, sequences: sequences, threads: threads) > 1
  }

  /// Feeds a window; `token` gives the id at a step of a sequence.
  func feed(time: Int, token: (_ step: Int, _ sequence: Int) -> Int32) {
    for share in shares {
      for step in 0..<time {
        for (column, lane) in share.lanes.enumerated() {
          share.ids.pointer[step * share.lanes.count + column] = token(step, lane)
        }
      }
    }
    self.time = time
    SignalShield.during {
      if shares.count > 1 { pool.run(tasks: shares.count, self) } else { run(part: 0) }
    }
  }

  func run(part: Int) {
    let share = shares[part]
    let parameters = model.parameters.pointer
    share.pass.forward(ids: share.ids.pointer, time: time, parameters: parameters)
    share.pass.lastLogits(
      parameters: parameters, into: logits.pointer + share.lanes.lowerBound * model.configuration.vocabularySize)
    share.pass.carryState(time: time)
  }

  func reset() {
    for share in shares { share.pass.resetState() }
    logits.clear()
  }

  func exportState(to state: inout RecurrentState) {
    for share in shares { share.pass.exportState(to: &state, firstLane: share.lanes.lowerBound) }
  }

  func importState(from state: RecurrentState) {
    for share in shares { share.pass.importState(from: state, firstLane: share.lanes.lowerBound) }
  }
}
