internal import TsuzuriKernels
internal import TsuzuriModel

/// One worker's part of a batch of sequences, with its way through the network and the gradient that it finds.
protocol MemoryShare: AnyObject, Sendable {
  /// The gradient of the last batch.
  var gradient: FloatBuffer { get }
  /// The sum of the sequences' losses in the last batch.
  var lossSum: Double { get }
  /// Draws the sequences `first`, `first` + 1 … of a seed, one for each lane. The same numbers are the same sequences.
  func draw(seed: UInt64, first: Int)
  /// Finds the losses of the sequences that were drawn.
  func measure(parameters: UnsafePointer<Float>)
  /// Finds the losses, and the gradient of their sum times `scale`.
  func learn(scale: Float, parameters: UnsafePointer<Float>)
}

/// The copy task by way of a language model's pass: symbols are tokens.
final class CopyShare: MemoryShare, @unchecked Sendable {
  // SAFETY: between two meetings of the worker pool, only the worker that took this share touches it.

  let gradient: FloatBuffer
  private(set) var lossSum = 0.0
  private let task: CopyTask
  private let lanes: Range<Int>
  private let pass: WindowPass
  private let inputs: IndexBuffer
  private let targets: IndexBuffer
  private let losses: FloatBuffer

  init(_ task: CopyTask, _ weights: PreparedWeights, lanes: Range<Int>) {
    self.task = task
    self.lanes = lanes
    pass = WindowPass(weights, maximumTime: task.steps, lanes: lanes.count)
    gradient = FloatBuffer(count: weights.layout.bufferCount)
    inputs = IndexBuffer(count: task.steps * lanes.count)
    targets = IndexBuffer(count: task.steps * lanes.count)
    losses = FloatBuffer(count: task.steps * lanes.count)
  }

  func draw(seed: UInt64, first: Int) {
    for (column, lane) in lanes.enumerated() {
      var generator = CounterBasedGenerator(seed: seed, stream: UInt64(first + lane))
      task.draw(
        inputs: inputs.pointer + column, targets: targets.pointer + column, stride: lanes.count, using: &generator)
    }
  }

  func measure(parameters: UnsafePointer<Float>) {
    forward(parameters)
    pass.losses(targets: targets.pointer, parameters: parameters, into: losses.pointer)
    sumLosses()
  }

  func learn(scale: Float, parameters: UnsafePointer<Float>) {
    forward(parameters)
    pass.lossesAndGradient(
      targets: targets.pointer, scale: scale / Float(task.steps), parameters: parameters, losses: losses.pointer,
      gradient: gradient.pointer)
    sumLosses()
  }

  private func forward(_ parameters: UnsafePointer<Float>) {
    pass.resetState()
    pass.forward(ids: inputs.pointer, time: task.steps, parameters: parameters)
  }

  /// The loss of a sequence is the mean over its steps.
  private func sumLosses() { lossSum = losses.all.reduce(0) { $0 + Double($1) } / Double(task.steps) }
}

/// The adding problem by way of a pass over numbers.
final class AddingShare: MemoryShare, @unchecked Sendable {
  // SAFETY: between two meetings of the worker pool, only the worker that took this share touches it.

  let gradient: FloatBuffer
  private(set) var lossSum = 0.0
  /// Which holds what came back through time, for ``GradientFlow``.
  let pass: DensePass
  private let task: AddingProblem
  private let lanes: Range<Int>
  private let targets: FloatBuffer
  private let losses: FloatBuffer

  init(_ task: AddingProblem, _ weights: PreparedWeights, lanes: Range<Int>) {
    self.task = task
    self.lanes = lanes
    pass = DensePass(weights, maximumTime: task.steps, lanes: lanes.count)
    gradient = FloatBuffer(count: weights.layout.bufferCount)
    targets = FloatBuffer(count: lanes.count)
    losses = FloatBuffer(count: lanes.count)
  }

  func draw(seed: UInt64, first: Int) {
    for (column, lane) in lanes.enumerated() {
      var generator = CounterBasedGenerator(seed: seed, stream: UInt64(first + lane))
      targets.pointer[column] = task.draw(
        inputs: pass.inputs.pointer + column * AddingProblem.inputSize, stride: lanes.count, using: &generator)
    }
  }

  func measure(parameters: UnsafePointer<Float>) {
    pass.resetState()
    pass.forward(time: task.steps, parameters: parameters)
    pass.losses(targets: targets.pointer, into: losses.pointer)
    sumLosses()
  }

  func learn(scale: Float, parameters: UnsafePointer<Float>) {
    pass.resetState()
    pass.forward(time: task.steps, parameters: parameters)
    pass.lossesAndGradient(
      targets: targets.pointer, scale: scale, parameters: parameters, losses: losses.pointer,
      gradient: gradient.pointer)
    sumLosses()
  }

  private func sumLosses() { lossSum = losses.all.reduce(0) { $0 + Double($1) } }
}
