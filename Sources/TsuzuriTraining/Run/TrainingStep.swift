package import TsuzuriData
package import TsuzuriKernels
package import TsuzuriModel

/// One step of training, over and over: the window of every lane forwards and backwards, then one update.
///
/// Forward → loss → backward, each share on its own → the shares' gradients summed in share order → clipping by the global
/// norm → update. The order of every sum depends on the number of shares and never on that of threads, so neither do the
/// bits.
package final class TrainingStep {
  /// The outcome of one step.
  package struct Outcome {
    /// The mean loss of the window's tokens, in nats, before the update.
    package var loss: Double
    /// How many tokens were predicted.
    package var tokens: Int
    /// The gradient's global norm before clipping.
    package var gradientNorm: Double
    /// Whether the update was made; it is not when the loss or the norm is not finite.
    package var isApplied: Bool
  }

  package let configuration: ModelConfiguration
  package let layout: ParameterLayout
  package let parameters: FloatBuffer
  package let optimizer: any Optimizer
  private let clipping: GradientClipping
  private let seed: UInt64
  private let pool: WorkerPool
  private let weights: PreparedWeights
  private let shares: [TrainingShare]
  private let squares: AlignedBuffer<Double>
  private let laneCount: Int

  /// - Parameter parameters: a flat buffer of the layout, which the steps change.
  package init(
    _ configuration: ModelConfiguration, training: TrainingConfiguration, parameters: FloatBuffer, pool: WorkerPool
  ) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    self.parameters = parameters
    self.pool = pool
    clipping = training.clipping
    seed = training.seed
    laneCount = training.batchSize
    optimizer = training.optimizer.makeOptimizer(parameterCount: layout.bufferCount)
    let weights = PreparedWeights(configuration, layout: layout, for: .training)
    self.weights = weights
    shares = TrainingShare.divide(lanes: training.batchSize, into: training.shares).map {
      TrainingShare(weights, lanes: $0, maximumTime: training.sequenceLength)
    }
    squares = AlignedBuffer(count: GradientNorm.blockCount(of: layout.bufferCount))
  }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - window: which window of the batcher's lanes.
  ///   - step: the number of steps taken before, which dropout draws from.
  package func run(_ batcher: LaneBatcher, window: Int, step: Int, learningRate: Double) -> Outcome {
    precondition(batcher.laneCount == laneCount, "\(batcher.laneCount) lanes for a step of \(laneCount)")
    let time = batcher.rowCount(ofStep: window)
    let tokens = time * laneCount
    prepareWeights()
    runShares(batcher, window: window, step: step, time: time, scale: 1 / Float(tokens))
    reduceGradients()
    let norm = GradientNorm.norm(fromSums: UnsafeBufferPointer(squares.all))
    let loss = shares.reduce(0) { $0 + $1.lossSum } / Double(tokens)
    // A step along a gradient that is not a number would destroy the weights.
    let isApplied = norm.isFinite && loss.isFinite
    if isApplied {
      optimizer.beginStep(learningRate: learningRate, gradientScale: clipping.scale(forNorm: norm))
      update()
    }
    return Outcome(loss: loss, tokens: tokens, gradientNorm: norm, isApplied: isApplied)
  }

  private func prepareWeights() {
    let (weights, parameters) = (weights, parameters)
    pool.run(tasks: weights.partCount) { part in
      weights.prepare(part: part, from: parameters.pointer, using: .best)
    }
  }

  private func runShares(_ batcher: LaneBatcher, window: Int, step: Int, time: Int, scale: Float) {
    let (shares, parameters, seed) = (shares, parameters, seed)
    let vocabularySize = Int32(configuration.vocabularySize)
    pool.run(tasks: shares.count) { index in
      let share = shares[index]
      batcher.copyWindow(
        step: window, lanes: share.lanes, inputs: share.inputs.pointer, targets: share.targets.pointer)
      share.checkTokens(count: time * share.lanes.count, below: vocabularySize)
      share.pass.forward(
        inputs: share.inputs.pointer, following: share.targets.pointer, time: time, parameters: parameters.pointer,
        dropout: DropoutKey(seed: seed, step: step, firstLane: share.lanes.lowerBound))
      share.pass.lossesAndGradient(
        targets: share.targets.pointer, scale: scale, parameters: parameters.pointer, losses: share.losses.pointer,
        gradient: share.gradient.pointer)
      share.pass.carryState(time: time)
      var sum = 0.0
      for i in 0..<time * share.lanes.count { sum += Double(share.losses.pointer[i]) }
      share.lossSum = sum
    }
  }

  /// Sums the shares' gradients into the first one's buffer, clips its values, and sums its squares, block by block.
  private func reduceGradients() {
    let (shares, squares, clipping, count) = (shares, squares, clipping, layout.bufferCount)
    runBlocks { blocks in
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

  private func update() {
    let (optimizer, parameters, gradient) = (optimizer, parameters, shares[0].gradient)
    let count = layout.bufferCount
    runBlocks { blocks in
      let start = blocks.lowerBound * GradientNorm.blockSize
      optimizer.update(
        parameters: parameters.all, gradients: UnsafeBufferPointer(gradient.all),
        in: start..<min(count, blocks.upperBound * GradientNorm.blockSize))
    }
  }

  /// Divides the blocks of the flat buffer among the threads: one stretch each, so that a thread meets the same memory in
  /// the reduction and in the update.
  private func runBlocks(_ body: @escaping @Sendable (Range<Int>) -> Void) {
    let blocks = squares.count
    let tasks = min(pool.threads, blocks)
    pool.run(tasks: tasks) { task in
      body(blocks * task / tasks..<blocks * (task + 1) / tasks)
    }
  }

  /// The rows that the first layer's input product had in the last step, in all shares together.
  package var inputProductRows: Int { shares.reduce(0) { $0 + $1.pass.inputProductRows } }

  /// Sets the state of every lane to zero.
  package func resetState() {
    for share in shares { share.pass.resetState() }
  }

  /// The state of all lanes.
  package var state: RecurrentState {
    get {
      var state = RecurrentState(configuration, lanes: laneCount)
      for share in shares { share.pass.exportState(to: &state, firstLane: share.lanes.lowerBound) }
      return state
    }
    set {
      for share in shares { share.pass.importState(from: newValue, firstLane: share.lanes.lowerBound) }
    }
  }

  /// A copy of the parameters as they are now.
  package func snapshot() -> FloatBuffer {
    let copy = FloatBuffer(count: parameters.count)
    copy.pointer.update(from: parameters.pointer, count: parameters.count)
    return copy
  }
}
