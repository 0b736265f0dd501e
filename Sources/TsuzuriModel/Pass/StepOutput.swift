internal import TsuzuriKernels

/// The output projection and the loss of a training step, for all shares after each other and on all threads at once.
///
/// The threads go through one block of rows together and meet between its phases. There are as many parts as shares,
/// however many threads: so the bits do not depend on these.
package protocol StepOutput: AnyObject {
  /// Begins a step whose features the passes have found. The gradients of the output layer are written to `gradient`, a flat
  /// buffer of the layout, and those of the features to the passes.
  ///
  /// - Parameter step: the number of steps taken before, which what is drawn is drawn from.
  func begin(
    step: Int, time: Int, scale: Float, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>)
  /// Goes to the next block; false where there is none.
  func nextBlock() -> Bool
  /// Does one part of a phase of the block; there are as many parts as shares.
  func run(_ phase: OutputPhase, part: Int)
}

/// What is done with a block of rows between two meetings of the threads.
package enum OutputPhase: CaseIterable, Sendable { case logits, softmax, gradients }

/// What all phases of a step's output work with.
struct OutputStep {
  /// What each place's loss counts in the mean that is minimised.
  let scale: Float
  let parameters: UnsafePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
}

/// One share's way through the output of a step.
struct OutputShare {
  let pass: WindowPass
  let targets: IndexBuffer
  let losses: FloatBuffer

  /// The shares, or nil where a pass has an output of its own.
  static func all(
    _ shares: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)]
  ) -> [OutputShare]? {
    var found: [OutputShare] = []
    for share in shares {
      guard let pass = share.pass as? WindowPass else { return nil }
      found.append(OutputShare(pass: pass, targets: share.targets, losses: share.losses))
    }
    return found
  }
}

/// The rows of a step in the order in which its output takes them: share by share, block by block.
struct OutputBlocks {
  /// The share whose rows the block holds.
  private(set) var share = 0
  /// Which of its rows.
  private(set) var rows = 0..<0
  private let lanes: [Int]
  private let size: Int
  private var time = 0

  /// Blocks of at most `size` rows, of shares of so many lanes each.
  init(lanes: [Int], size: Int) {
    self.lanes = lanes
    self.size = size
  }

  /// Begins a step of so many rows of each lane.
  mutating func begin(time: Int) {
    self.time = time
    (share, rows) = (0, 0..<0)
  }

  /// Goes to the next block; false where there is none.
  mutating func next() -> Bool {
    if share < lanes.count, rows.upperBound == time * lanes[share] {
      share += 1
      rows = 0..<0
    }
    if share == lanes.count { return false }
    rows = rows.upperBound..<min(rows.upperBound + size, time * lanes[share])
    return true
  }

  /// Whether no block was before this one.
  var isFirst: Bool { share == 0 && rows.lowerBound == 0 }
  /// Whether no block comes after this one.
  var isLast: Bool { share == lanes.count - 1 && rows.upperBound == time * lanes[share] }
}
