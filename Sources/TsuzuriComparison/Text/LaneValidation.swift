internal import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriTraining

/// The loss of many models on one text, side by side in lanes: what `evaluate` finds in one pass, in a fraction of the
/// time.
///
/// A lane begins with a state of zeros, so its first tokens would be predicted worse than by one pass through the text.
/// Therefore each lane but the first reads the last tokens of the one before, unscored, to warm up; every token is scored
/// once. Of a long text the beginning is taken.
final class LaneValidation {
  /// How many tokens a lane reads before its own.
  static let warmUp = 128
  /// How many tokens are measured at most.
  static let longest = 65_536
  private static let window = 64

  /// The tokens that are scored.
  let tokenCount: Int
  private let shares: [Share]
  private let pool: WorkerPool
  private let steps: Int

  /// One worker's part of the lanes.
  private final class Share: @unchecked Sendable {
    // SAFETY: between two meetings of the pool, only the worker that took this share touches it.
    let lanes: Range<Int>
    let inputs: IndexBuffer
    let targets: IndexBuffer
    let losses: FloatBuffer
    var sum = 0.0

    init(lanes: Range<Int>, steps: Int) {
      self.lanes = lanes
      inputs = IndexBuffer(count: steps * lanes.count)
      targets = IndexBuffer(count: steps * lanes.count)
      losses = FloatBuffer(count: LaneValidation.window * lanes.count)
    }
  }

  init(_ validation: TrainingText.Validation, scoresEndOfText: Bool, pool: WorkerPool) throws {
    let end = min(validation.range.upperBound, validation.range.lowerBound + Self.longest)
    // What is read is one place behind what is predicted; the first token is predicted from <eos>.
    let ids = try [SequenceScorer.endOfText] + validation.tokens.tokens(in: validation.range.lowerBound..<end)
    let count = ids.count - 1
    let laneCount = max(1, min(32, count / 1024))
    let stride = max(0, (count - Self.warmUp + laneCount - 1) / laneCount)
    let steps = min(count, stride + Self.warmUp)
    self.steps = steps
    self.pool = pool
    var scored = 0
    // As many shares as a training step has by itself: the number decides the last bits of the sum.
    let shareCount = min(2, laneCount)
    shares = (0..<shareCount).map { n in
      let share = Share(lanes: (0..<laneCount).part(n, of: shareCount), steps: steps)
      for (column, lane) in share.lanes.enumerated() {
        for t in 0..<steps {
          let place = lane * stride + t
          let isScored =
            (lane == 0 || t >= Self.warmUp) && place < count
            && (scoresEndOfText || ids[place + 1] != SequenceScorer.endOfText)
          share.inputs.pointer[t * share.lanes.count + column] = place < count ? ids[place] : 0
          share.targets.pointer[t * share.lanes.count + column] = isScored ? ids[place + 1] : -1
          scored += isScored ? 1 : 0
        }
      }
      return share
    }
    tokenCount = scored
  }

  /// The mean loss in nats a token.
  func loss(of model: LanguageModel) -> Double {
    let (shares, steps) = (shares, steps)
    pool.run(tasks: shares.count) { index in
      let share = shares[index]
      let pass = WindowPass(model.prepared, maximumTime: Self.window, lanes: share.lanes.count)
      let parameters = UnsafePointer(model.parameters.pointer)
      share.sum = 0
      for start in stride(from: 0, to: steps, by: Self.window) {
        let time = min(Self.window, steps - start)
        pass.forward(ids: share.inputs.pointer + start * share.lanes.count, time: time, parameters: parameters)
        pass.losses(
          targets: share.targets.pointer + start * share.lanes.count, parameters: parameters,
          into: share.losses.pointer)
        pass.carryState(time: time)
        for i in 0..<time * share.lanes.count { share.sum += Double(share.losses.pointer[i]) }
      }
    }
    return shares.reduce(0) { $0 + $1.sum } / Double(max(1, tokenCount))
  }
}
