internal import TsuzuriKernels
internal import TsuzuriModel

/// One share of the lanes: its way through the network, and what it finds of the gradient.
///
/// A worker takes a whole share and runs its window through the recurrent layers alone, so nobody waits for anybody inside the
/// time loop.
final class TrainingShare: @unchecked Sendable {
  // SAFETY: between two meetings of the worker pool, only the worker that took this share touches it.

  /// The share's lanes among all.
  let lanes: Range<Int>
  let pass: any TrainingPass
  /// The gradients that the share writes by itself, in a flat buffer of the layout, of which little more is ever touched: the
  /// others are made for all shares together, in the first one's buffer.
  let gradient: FloatBuffer
  let inputs: IndexBuffer
  let targets: IndexBuffer
  let losses: FloatBuffer
  /// The sum of the last window's losses.
  private(set) var lossSum = 0.0

  init(_ weights: PreparedWeights, lanes: Range<Int>, maximumTime: Int, arithmetic: Arithmetic) {
    self.lanes = lanes
    pass = weights.makeTrainingPass(maximumTime: maximumTime, lanes: lanes.count, arithmetic: arithmetic)
    gradient = FloatBuffer(count: weights.layout.bufferCount, isSparse: lanes.lowerBound > 0)
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

  /// Sums the losses of the window's tokens.
  func sumLosses(count: Int) {
    lossSum = 0
    for i in 0..<count { lossSum += Double(losses.pointer[i]) }
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
