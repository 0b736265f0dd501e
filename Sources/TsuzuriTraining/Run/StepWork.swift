internal import TsuzuriKernels
internal import TsuzuriModel

/// What the threads share of a training step: its phases, each cut into numbered tasks.
///
/// An object that lives as long as the step's buffers do, so that a step allocates nothing.
final class StepWork: PoolWork, @unchecked Sendable {
  // SAFETY: phase and window change between two meetings of the worker pool only; inside a phase each task writes to a share,
  // a part of the weights or a range of the buffers that no other one touches.

  /// What the shares work on.
  struct Window {
    /// The number of the step.
    var step: Int
    /// How many tokens of each lane it has.
    var time: Int
    /// What each token's loss counts in the mean.
    var scale: Float
  }

  /// What is done between two meetings of the threads.
  enum Phase {
    /// Brings the weights into the form that the passes read: a task for each layer.
    case preparation
    /// Embedding and recurrent layers forwards: a task for each share.
    case forward
    /// The output of one block of rows, in all shares' one after the other: a task for each part.
    case output(OutputPhase)
    /// Recurrent layers and embedding backwards: a task for each share.
    case backward
    /// The weights' gradients over all shares: a task for each part.
    case products
    /// What is left to be summed, clipping and the norm: a task for each thread.
    case reduction
    /// The optimizer: a task for each thread.
    case update
  }

  var window: Window?
  private var phase = Phase.preparation
  let shares: [TrainingShare]
  let gradient: StepGradient
  /// nil where each pass has an output of its own.
  let output: (any StepOutput)?
  /// One for each task that can run beside others; empty where time is not counted.
  let profiles: [StepProfile]
  private let arithmetics: [Arithmetic]
  private let weights: PreparedWeights
  private let parameters: FloatBuffer
  private let optimizer: any Optimizer
  private let seed: UInt64

  init(
    _ weights: PreparedWeights, training: TrainingConfiguration, parameters: FloatBuffer, optimizer: any Optimizer,
    threads: Int, tokenCounts: [Int]?, clock: StepProfile.Clock?
  ) {
    let lanes = TrainingShare.divide(lanes: training.batchSize, into: training.shares)
    let profiles = clock.map { clock in
      (0..<max(lanes.count, weights.partCount, threads)).map { _ in StepProfile(clock: clock) }
    }
    self.weights = weights
    self.parameters = parameters
    self.optimizer = optimizer
    seed = training.seed
    self.profiles = profiles ?? []
    arithmetics = lanes.indices.map { Arithmetic(profile: profiles?[$0]) }
    let (time, arithmetics) = (training.longestWindow, arithmetics)
    let shares = lanes.enumerated().map {
      TrainingShare(weights, lanes: $1, maximumTime: time, arithmetic: arithmetics[$0])
    }
    self.shares = shares
    output = Self.output(
      weights, training: training, shares: shares, arithmetics: arithmetics, tokenCounts: tokenCounts)
    gradient = StepGradient(
      weights, shares: shares, sharesOutput: output != nil, maximumTime: time, clipping: training.clipping,
      threads: threads)
  }

  /// The full softmax over all shares, or one over tokens that are drawn; nil where each pass has an output of its own.
  private static func output(
    _ weights: PreparedWeights, training: TrainingConfiguration, shares: [TrainingShare], arithmetics: [Arithmetic],
    tokenCounts: [Int]?
  ) -> (any StepOutput)? {
    let time = training.longestWindow
    let parts = shares.map { ($0.pass, $0.targets, $0.losses) }
    let size = weights.configuration.vocabularySize
    guard let count = training.sampledTokens, count < size else {
      return SharedOutput(weights, maximumTime: time, shares: parts, arithmetics: arithmetics)
    }
    let sampler = CandidateSampler(
      count: count, tokenCounts: tokenCounts ?? Array(repeating: 0, count: size), seed: training.seed)
    return SampledOutput(weights, maximumTime: time, shares: parts, arithmetics: arithmetics, sampler: sampler)
  }

  /// Does all tasks of one phase.
  func run(_ phase: Phase, on pool: WorkerPool) {
    self.phase = phase
    switch phase {
    case .preparation: pool.run(tasks: weights.partCount, self)
    case .forward, .output, .backward, .products: pool.run(tasks: shares.count, self)
    case .reduction, .update: pool.run(tasks: gradient.stretches, self)
    }
  }

  func run(part: Int) {
    guard let window else { preconditionFailure("a step's work was done without a window") }
    switch phase {
    case .preparation:
      let key = DropoutKey(seed: seed, step: window.step, firstLane: 0)
      measure(part, .preparation) {
        weights.prepare(part: part, from: parameters.pointer, dropout: key, using: .best)
      }
    case .forward: measure(part, .lanes) { forward(shares[part], window) }
    case .output(let phase): measure(part, .softmax) { output?.run(phase, part: part) }
    case .backward: measure(part, .lanes) { backward(shares[part], window) }
    case .products: measure(part, .weightsBackward) { gradient.makeProducts(part: part, using: arithmetics[part]) }
    case .reduction: measure(part, .reduction) { reduce(stretch: part, window) }
    case .update: measure(part, .optimizer) { gradient.update(parameters, stretch: part, by: optimizer) }
    }
  }

  private func forward(_ share: TrainingShare, _ window: Window) {
    share.checkTokens(
      count: window.time * share.lanes.count, below: Int32(weights.configuration.vocabularySize))
    share.pass.forward(
      inputs: share.inputs.pointer, following: share.targets.pointer, time: window.time,
      parameters: parameters.pointer,
      dropout: DropoutKey(seed: seed, step: window.step, firstLane: share.lanes.lowerBound))
  }

  private func backward(_ share: TrainingShare, _ window: Window) {
    if output == nil {
      share.pass.lossesAndFeaturesGradient(
        targets: share.targets.pointer, scale: window.scale, parameters: parameters.pointer,
        losses: share.losses.pointer, gradient: share.gradient.pointer)
    }
    share.pass.backward(
      scale: window.scale, parameters: parameters.pointer, gradient: share.gradient.pointer)
    share.sumLosses(count: window.time * share.lanes.count)
  }

  private func reduce(stretch: Int, _ window: Window) {
    gradient.reduce(stretch: stretch)
    // Not before the products, which read the state that the window started from.
    for number in stride(from: stretch, to: shares.count, by: gradient.stretches) {
      shares[number].pass.carryState(time: window.time)
    }
  }

  private func measure(_ task: Int, _ part: StepProfile.Part, _ body: () -> Void) {
    guard !profiles.isEmpty else { return body() }
    profiles[task].enter(part)
    body()
    profiles[task].end()
  }
}
