internal import TsuzuriKernels
internal import TsuzuriModel

/// One share of the lanes: its way through the network, and the gradient that it finds.
///
/// A worker takes a whole share and runs its window alone, so nobody waits for anybody inside the time loop.
final class TrainingShare: @unchecked Sendable {
  // SAFETY: between two meetings of the worker pool, only the worker that took this share touches it.

  /// The share's lanes among all.
  let lanes: Range<Int>
  let pass: any TrainingPass
  let gradient: FloatBuffer
  let inputs: IndexBuffer
  let targets: IndexBuffer
  let losses: FloatBuffer
  /// The sum of the last window's losses.
  var lossSum = 0.0

  init(_ weights: PreparedWeights, lanes: Range<Int>, maximumTime: Int, profile: StepProfile? = nil) {
    self.lanes = lanes
    pass = weights.makeTrainingPass(
      maximumTime: maximumTime, lanes: lanes.count, arithmetic: Arithmetic(profile: profile))
    gradient = FloatBuffer(count: weights.layout.bufferCount)
    inputs = IndexBuffer(count: maximumTime * lanes.count)
    targets = IndexBuffer(count: maximumTime * lanes.count)
    losses = FloatBuffer(count: maximumTime * lanes.count)
  }

  /// Stops before a token that the model does not have is used as an index.
  func checkTokens(count: Int, below vocabularySize: Int32) {
    for i in 0..<count {
      precondition(
        (0..<vocabularySize).contains(inputs.pointer[i]) && (0..<vocabularySize).contains(targets.pointer[i]),
        "a token is not in the vocabulary of \(vocabularySize)")
    }
  }

  /// The lanes of `count` shares, as equal as they can be, the larger ones first.
  static func divide(lanes: Int, into count: Int) -> [Range<Int>] {
    let count = min(count, lanes)
    return (0..<count).map { share in
      let (size, extra) = lanes.quotientAndRemainder(dividingBy: count)
      let start = share * size + min(share, extra)
      return start..<start + size + (share < extra ? 1 : 0)
    }
  }
}
