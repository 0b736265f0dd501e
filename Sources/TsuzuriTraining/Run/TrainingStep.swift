package import TsuzuriData
package import TsuzuriKernels
package import TsuzuriModel

/// One step of training, over and over: the window of every lane forwards and backwards, then one update.
///
/// Recurrent layers forwards, each share on its own → output and loss, the shares one after the other → recurrent layers
/// backwards, each share on its own → the weights' gradients, summed in share order → clipping by the global norm → update.
/// The order of every sum depends on the number of shares and never on that of threads, so neither do the bits.
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
  private let pool: WorkerPool
  let work: StepWork
  private var shares: [TrainingShare] { work.shares }
  private let laneCount: Int

  /// - Parameters:
  ///   - parameters: a flat buffer of the layout, which the steps change.
  ///   - optimizer: what changes them; nil for the one that the configuration names.
  ///   - tokenCounts: how often each token occurs, by which the tokens of a sampled softmax are drawn; nil where all are
  ///     as likely.
  ///   - clock: counts nanoseconds, where it shall be known how a step spends its time.
  package init(
    _ configuration: ModelConfiguration, training: TrainingConfiguration, parameters: FloatBuffer, pool: WorkerPool,
    optimizer: (any Optimizer)? = nil, tokenCounts: [Int]? = nil, clock: StepProfile.Clock? = nil
  ) {
    self.configuration = configuration
    layout = ParameterLayout(configuration)
    self.parameters = parameters
    self.pool = pool
    clipping = training.clipping
    laneCount = training.batchSize
    let optimizer = optimizer ?? training.optimizer.makeOptimizer(parameterCount: layout.bufferCount)
    self.optimizer = optimizer
    let weights = PreparedWeights(configuration, layout: layout, for: .training)
    work = StepWork(
      weights, training: training, parameters: parameters, optimizer: optimizer, threads: pool.threads,
      tokenCounts: tokenCounts, clock: clock)
  }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - window: which window of the batcher's lanes.
  ///   - step: the number of steps taken before, which dropout draws from.
  ///   - updates: whether the parameters are changed.
  /// - Throws: where the batcher's tokens cannot be read; nothing is changed then.
  package func run(
    _ batcher: LaneBatcher, window: Int, step: Int, learningRate: Double, updates: Bool = true
  ) throws -> Outcome {
    precondition(batcher.laneCount == laneCount, "\(batcher.laneCount) lanes for a step of \(laneCount)")
    let time = batcher.rowCount(ofStep: window)
    let tokens = time * laneCount
    for share in shares {
      try batcher.readWindow(
        step: window, lanes: share.lanes, inputs: share.inputs.pointer, targets: share.targets.pointer)
    }
    work.window = StepWork.Window(step: step, time: time, scale: 1 / Float(tokens))
    work.run(.preparation, on: pool)
    work.run(.forward, on: pool)
    if let output = work.output {
      output.begin(
        step: step, time: time, scale: 1 / Float(tokens), parameters: parameters.pointer,
        gradient: shares[0].gradient.pointer)
      while output.nextBlock() {
        for phase in OutputPhase.allCases { work.run(.output(phase), on: pool) }
      }
    }
    work.run(.backward, on: pool)
    work.gradient.collect()
    work.run(.products, on: pool)
    work.run(.reduction, on: pool)
    let norm = work.gradient.norm
    let loss = shares.reduce(0) { $0 + $1.lossSum } / Double(tokens)
    // A step along a gradient that is not a number would destroy the weights.
    let isApplied = updates && norm.isFinite && loss.isFinite
    if isApplied {
      optimizer.beginStep(learningRate: learningRate, gradientScale: clipping.scale(forNorm: norm))
      work.run(.update, on: pool)
    }
    return Outcome(loss: loss, tokens: tokens, gradientNorm: norm, isApplied: isApplied)
  }

  /// How the tasks of the steps spent their time; empty without a clock.
  package var profiles: [StepProfile] { work.profiles }

  /// The rows that the first layer's input product had in the last step, in all shares together.
  package var inputProductRows: Int { shares.reduce(0) { $0 + $1.pass.inputProductRows } }

  /// The last window of a step with one share: its losses [T, B], and what its output was made from [T, B, feature size].
  package var lastWindow: (losses: UnsafePointer<Float>, features: UnsafePointer<Float>) {
    guard shares.count == 1, let pass = shares[0].pass as? WindowPass else {
      preconditionFailure(
        "the window of \(shares.count) shares was asked for, expected one of a model of one direction")
    }
    return (UnsafePointer(shares[0].losses.pointer), pass.features)
  }

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
