internal import TsuzuriData
internal import TsuzuriKernels
internal import TsuzuriModel

/// What the threads share of a training step: its four phases, each cut into numbered tasks.
///
/// An object that lives as long as the step's buffers do, so that a step allocates nothing.
final class StepWork: PoolWork, @unchecked Sendable {
  // SAFETY: phase and window change between two meetings of the worker pool only; inside a phase each task writes to a share,
  // a part of the weights or a range of the buffers that no other one touches.

  /// What the shares work on.
  struct Window {
    var batcher: LaneBatcher
    /// Which window of the batcher's lanes.
    var index: Int
    /// The number of the step.
    var step: Int
    /// How many tokens of each lane it has.
    var time: Int
    /// What each token's loss counts in the mean.
    var scale: Float
  }

  /// What is done between two meetings of the threads.
  enum Phase { case preparation, shares, reduction, update }

  var window: Window?
  private var phase = Phase.preparation
  let shares: [TrainingShare]
  /// The sums of squares of the gradient's blocks.
  let squares: AlignedBuffer<Double>
  /// One for each task that can run beside others; empty where time is not counted.
  let profiles: [StepProfile]
  private let weights: PreparedWeights
  private let parameters: FloatBuffer
  private let optimizer: any Optimizer
  private let clipping: GradientClipping
  private let seed: UInt64
  /// How many stretches the flat buffer is cut into in the reduction and in the update.
  private let stretches: Int

  init(
    _ weights: PreparedWeights, training: TrainingConfiguration, parameters: FloatBuffer, optimizer: any Optimizer,
    threads: Int, clock: StepProfile.Clock?
  ) {
    let count = weights.layout.bufferCount
    let lanes = TrainingShare.divide(lanes: training.batchSize, into: training.shares)
    let profiles = clock.map { clock in
      (0..<max(lanes.count, weights.partCount, threads)).map { _ in StepProfile(clock: clock) }
    }
    self.weights = weights
    self.parameters = parameters
    self.optimizer = optimizer
    clipping = training.clipping
    seed = training.seed
    self.profiles = profiles ?? []
    shares = lanes.enumerated().map {
      TrainingShare(weights, lanes: $1, maximumTime: training.sequenceLength, profile: profiles?[$0])
    }
    squares = AlignedBuffer(count: GradientNorm.blockCount(of: count))
    stretches = min(threads, squares.count)
  }

  /// Does all tasks of one phase.
  func run(_ phase: Phase, on pool: WorkerPool) {
    self.phase = phase
    switch phase {
    case .preparation: pool.run(tasks: weights.partCount, self)
    case .shares: pool.run(tasks: shares.count, self)
    case .reduction, .update: pool.run(tasks: stretches, self)
    }
  }

  func run(part: Int) {
    switch phase {
    case .preparation: prepare(part: part)
    case .shares: runShare(part)
    case .reduction: reduce(stretch: part)
    case .update: update(stretch: part)
    }
  }

  /// Brings one part of the weights into the form that the passes read.
  private func prepare(part: Int) {
    measure(part, .preparation) { weights.prepare(part: part, from: parameters.pointer, using: .best) }
  }

  /// Takes one share's window forwards and backwards.
  private func runShare(_ index: Int) {
    guard let window else { preconditionFailure("a share was run without a window") }
    let (share, time) = (shares[index], window.time)
    measure(index, .lanes) {
      window.batcher.copyWindow(
        step: window.index, lanes: share.lanes, inputs: share.inputs.pointer, targets: share.targets.pointer)
      share.checkTokens(
        count: time * share.lanes.count, below: Int32(weights.configuration.vocabularySize))
      share.pass.forward(
        inputs: share.inputs.pointer, following: share.targets.pointer, time: time, parameters: parameters.pointer,
        dropout: DropoutKey(seed: seed, step: window.step, firstLane: share.lanes.lowerBound))
      share.pass.lossesAndGradient(
        targets: share.targets.pointer, scale: window.scale, parameters: parameters.pointer,
        losses: share.losses.pointer, gradient: share.gradient.pointer)
      if !profiles.isEmpty { profiles[index].enter(.lanes) }
      share.pass.carryState(time: time)
      var sum = 0.0
      for i in 0..<time * share.lanes.count { sum += Double(share.losses.pointer[i]) }
      share.lossSum = sum
    }
  }

  /// Sums the shares' gradients into the first one's buffer, clips its values, and sums its squares, block by block.
  private func reduce(stretch: Int) {
    let (blocks, count) = (blocks(of: stretch), weights.layout.bufferCount)
    measure(stretch, .reduction) {
      for block in blocks {
        let start = block * GradientNorm.blockSize
        let length = min(GradientNorm.blockSize, count - start)
        let sum = shares[0].gradient.pointer + start
        for share in shares.dropFirst() { KernelSet.best.add(share.gradient.pointer + start, to: sum, count: length) }
        clipping.clipValues(UnsafeMutableBufferPointer(start: sum, count: length))
      }
      GradientNorm.sumSquares(
        ofBlocks: blocks, in: UnsafeBufferPointer(shares[0].gradient.all), into: squares.all)
    }
  }

  /// Moves the parameters of one stretch.
  private func update(stretch: Int) {
    let (blocks, count) = (blocks(of: stretch), weights.layout.bufferCount)
    measure(stretch, .optimizer) {
      optimizer.update(
        parameters: parameters.all, gradients: UnsafeBufferPointer(shares[0].gradient.all),
        in: blocks.lowerBound * GradientNorm.blockSize..<min(count, blocks.upperBound * GradientNorm.blockSize))
    }
  }

  /// The blocks of the flat buffer are divided among the threads, one stretch each, so that a thread meets the same memory
  /// in the reduction and in the update.
  private func blocks(of stretch: Int) -> Range<Int> {
    squares.count * stretch / stretches..<squares.count * (stretch + 1) / stretches
  }

  private func measure(_ task: Int, _ part: StepProfile.Part, _ body: () -> Void) {
    guard !profiles.isEmpty else { return body() }
    profiles[task].enter(part)
    body()
    profiles[task].end()
  }
}
