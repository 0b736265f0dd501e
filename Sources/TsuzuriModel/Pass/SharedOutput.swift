internal import CKernels
package import TsuzuriKernels

/// The output projection of a training step: the same as ``OutputProjection``, for all shares after each other and on all
/// threads at once.
///
///     logits = W·h + b      ∂loss/∂logits = scale · (softmax(logits) − onehot(target))      δh = δlogits·W      δW = Σ δlogitsᵀ·h
///
/// Its matrix is often the largest of the model. If each share took its own rows to the end, each would need a gradient of
/// that size and read the whole matrix. So the threads go through one block of rows together and meet twice in it: first
/// each makes some of the logits' columns, then the softmax of some rows, then some columns of the hidden gradient and some
/// rows of the weights'. There are as many parts as shares, however many threads: so the bits do not depend on these.
///
/// - Shape: hidden [T·B, H] of each share, weight [V, H], bias [V].
package final class SharedOutput: StepOutput {
  private let shares: [OutputShare]
  /// How each part computes.
  private let arithmetics: [Arithmetic]
  private let hiddenSize: Int
  private let vocabularySize: Int
  private let weight: ParameterLayout.Slice
  private let bias: ParameterLayout.Slice
  private let blockRows: Int
  private let smoothing: Float
  private let logits: FloatBuffer
  private var step: OutputStep?
  private var blocks: OutputBlocks

  /// - Parameters:
  ///   - shares: each share's pass, its targets and where its losses go; nil where each pass has an output of its own,
  ///     of two stacks or of an adaptive softmax.
  ///   - arithmetics: how each part computes, one for each share.
  package init?(
    _ weights: PreparedWeights, maximumTime: Int,
    shares: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)], arithmetics: [Arithmetic]
  ) {
    guard weights.configuration.adaptiveClusters == nil, let found = OutputShare.all(shares) else { return nil }
    let (configuration, layout) = (weights.configuration, weights.layout)
    self.shares = found
    self.arithmetics = arithmetics
    hiddenSize = configuration.featureSize
    vocabularySize = configuration.vocabularySize
    weight = layout[ParameterName.outputs(configuration)[0]]
    bias = layout[ParameterName.outputBias]
    smoothing = configuration.regularization.labelSmoothing
    blockRows = Self.blockRows(
      vocabularySize: vocabularySize, maximumRows: maximumTime * (found.map(\.pass.lanes).max() ?? 1))
    blocks = OutputBlocks(lanes: found.map(\.pass.lanes), size: blockRows)
    logits = FloatBuffer(count: blockRows * vocabularySize)
  }

  /// As many rows as a small vocabulary's block has room for in the threads' caches, since each block costs meetings; enough
  /// for full register tiles with a large one.
  private static func blockRows(vocabularySize: Int, maximumRows: Int) -> Int {
    min(maximumRows, max(64, min((1 << 21) / vocabularySize, max(256, (1 << 19) / vocabularySize))))
  }

  package func begin(
    step number: Int, time: Int, scale: Float, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    step = OutputStep(scale: scale, parameters: parameters, gradient: gradient)
    blocks.begin(time: time)
  }

  package func nextBlock() -> Bool { blocks.next() }

  package func run(_ phase: OutputPhase, part: Int) {
    guard let step else { preconditionFailure("the output was run before a step began") }
    switch phase {
    case .logits: project(step, columns: range(vocabularySize, part), using: arithmetics[part])
    case .softmax: normalize(step, rows: range(blocks.rows.count, part), using: arithmetics[part])
    case .gradients:
      propagate(step, columns: range(hiddenSize, part), using: arithmetics[part])
      accumulate(step, tokens: range(vocabularySize, part), using: arithmetics[part])
    }
  }

  private func range(_ count: Int, _ part: Int) -> Range<Int> {
    (0..<count).part(part, of: shares.count)
  }

  private var hidden: UnsafePointer<Float> { shares[blocks.share].pass.features + blocks.rows.lowerBound * hiddenSize }

  private func project(_ step: OutputStep, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let (H, V) = (hiddenSize, vocabularySize)
    let block = logits.pointer + columns.lowerBound
    for row in 0..<blocks.rows.count {
      (block + row * V).update(from: step.parameters + bias.offset + columns.lowerBound, count: columns.count)
    }
    arithmetic.product.multiply(
      hidden, byTransposed: step.parameters + weight.offset + columns.lowerBound * H, into: block,
      rows: blocks.rows.count,
      columns: columns.count, inner: H, cStride: V, adding: true)
  }

  /// From logits to their gradient, in place.
  private func normalize(_ step: OutputStep, rows part: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let first = blocks.rows.lowerBound + part.lowerBound
    arithmetic.kernels.table.pointee.softmax_cross_entropy(
      part.count, vocabularySize, logits.pointer + part.lowerBound * vocabularySize,
      shares[blocks.share].targets.pointer + first, step.scale, smoothing, shares[blocks.share].losses.pointer + first)
  }

  private func propagate(_ step: OutputStep, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.outputBiasBackward)
    let (H, first) = (hiddenSize, columns.lowerBound)
    arithmetic.product.multiply(
      logits.pointer, by: step.parameters + weight.offset + first,
      into: shares[blocks.share].pass.encoder.featuresGradient + blocks.rows.lowerBound * H + first,
      rows: blocks.rows.count,
      columns: columns.count, inner: vocabularySize, bStride: H, cStride: H)
  }

  /// The gradients of some tokens' weights and biases: written by the first block, added to by the others.
  private func accumulate(_ step: OutputStep, tokens: Range<Int>, using arithmetic: Arithmetic) {
    let (H, V) = (hiddenSize, vocabularySize)
    let isFirst = blocks.isFirst
    let block = logits.pointer + tokens.lowerBound
    arithmetic.product.multiply(
      transposed: block, by: hidden, into: step.gradient + weight.offset + tokens.lowerBound * H, rows: tokens.count,
      columns: H, inner: blocks.rows.count, aStride: V, adding: !isFirst)
    let biases = step.gradient + bias.offset + tokens.lowerBound
    if isFirst { biases.update(repeating: 0, count: tokens.count) }
    for row in 0..<blocks.rows.count { arithmetic.kernels.add(block + row * V, to: biases, count: tokens.count) }
  }
}
