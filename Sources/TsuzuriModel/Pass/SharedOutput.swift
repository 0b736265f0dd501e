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
package final class SharedOutput {
  /// What is done with a block between two meetings.
  package enum Phase: CaseIterable, Sendable { case logits, softmax, gradients }

  /// One share's way through the output.
  private struct Share {
    let pass: WindowPass
    let targets: IndexBuffer
    let losses: FloatBuffer
  }

  private let shares: [Share]
  /// How each part computes.
  private let arithmetics: [Arithmetic]
  private let hiddenSize: Int
  private let vocabularySize: Int
  private let weight: ParameterLayout.Slice
  private let bias: ParameterLayout.Slice
  private let blockRows: Int
  private let smoothing: Float
  private let logits: FloatBuffer
  private var step: Step?
  /// The share whose rows the block holds, and which of them.
  private var share = 0
  private var rows = 0..<0

  private struct Step {
    var time: Int
    var scale: Float
    var parameters: UnsafePointer<Float>
    var gradient: UnsafeMutablePointer<Float>
  }

  /// - Parameters:
  ///   - shares: each share's pass, its targets and where its losses go; nil for passes with an output of their own.
  ///   - arithmetics: how each part computes, one for each share.
  package init?(
    _ weights: PreparedWeights, maximumTime: Int,
    shares: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)], arithmetics: [Arithmetic]
  ) {
    var found: [Share] = []
    for share in shares {
      guard let pass = share.pass as? WindowPass else { return nil }
      found.append(Share(pass: pass, targets: share.targets, losses: share.losses))
    }
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
    logits = FloatBuffer(count: blockRows * vocabularySize)
  }

  /// As many rows as a small vocabulary's block has room for in the threads' caches, since each block costs meetings; enough
  /// for full register tiles with a large one.
  private static func blockRows(vocabularySize: Int, maximumRows: Int) -> Int {
    min(maximumRows, max(64, min((1 << 21) / vocabularySize, max(256, (1 << 19) / vocabularySize))))
  }

  /// Begins a step whose features the passes have found. The gradients of weight and bias are written to `gradient`, a flat
  /// buffer of the layout, and those of the features to the passes.
  package func begin(
    time: Int, scale: Float, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    step = Step(time: time, scale: scale, parameters: parameters, gradient: gradient)
    (share, rows) = (0, 0..<0)
  }

  /// Goes to the next block; false where there is none.
  package func nextBlock() -> Bool {
    guard let step else { return false }
    if rows.upperBound == step.time * shares[share].pass.lanes {
      share += 1
      rows = 0..<0
    }
    if share == shares.count { return false }
    rows = rows.upperBound..<min(rows.upperBound + blockRows, step.time * shares[share].pass.lanes)
    return true
  }

  /// Does one part of a phase of the block; there are as many parts as shares.
  package func run(_ phase: Phase, part: Int) {
    guard let step else { preconditionFailure("the output was run before a step began") }
    switch phase {
    case .logits: project(step, columns: range(vocabularySize, part), using: arithmetics[part])
    case .softmax: normalize(step, rows: range(rows.count, part), using: arithmetics[part])
    case .gradients:
      propagate(step, columns: range(hiddenSize, part), using: arithmetics[part])
      accumulate(step, tokens: range(vocabularySize, part), using: arithmetics[part])
    }
  }

  private func range(_ count: Int, _ part: Int) -> Range<Int> {
    count * part / shares.count..<count * (part + 1) / shares.count
  }

  private var hidden: UnsafePointer<Float> { shares[share].pass.features + rows.lowerBound * hiddenSize }

  private func project(_ step: Step, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let (H, V) = (hiddenSize, vocabularySize)
    let block = logits.pointer + columns.lowerBound
    for row in 0..<rows.count {
      (block + row * V).update(from: step.parameters + bias.offset + columns.lowerBound, count: columns.count)
    }
    arithmetic.product.multiply(
      hidden, byTransposed: step.parameters + weight.offset + columns.lowerBound * H, into: block, rows: rows.count,
      columns: columns.count, inner: H, cStride: V, adding: true)
  }

  /// From logits to their gradient, in place.
  private func normalize(_ step: Step, rows part: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let first = rows.lowerBound + part.lowerBound
    arithmetic.kernels.table.pointee.softmax_cross_entropy(
      part.count, vocabularySize, logits.pointer + part.lowerBound * vocabularySize,
      shares[share].targets.pointer + first, step.scale, smoothing, shares[share].losses.pointer + first)
  }

  private func propagate(_ step: Step, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.outputBiasBackward)
    let (H, first) = (hiddenSize, columns.lowerBound)
    arithmetic.product.multiply(
      logits.pointer, by: step.parameters + weight.offset + first,
      into: shares[share].pass.encoder.featuresGradient + rows.lowerBound * H + first, rows: rows.count,
      columns: columns.count, inner: vocabularySize, bStride: H, cStride: H)
  }

  /// The gradients of some tokens' weights and biases: written by the first block, added to by the others.
  private func accumulate(_ step: Step, tokens: Range<Int>, using arithmetic: Arithmetic) {
    let (H, V) = (hiddenSize, vocabularySize)
    let isFirst = share == 0 && rows.lowerBound == 0
    let block = logits.pointer + tokens.lowerBound
    arithmetic.product.multiply(
      transposed: block, by: hidden, into: step.gradient + weight.offset + tokens.lowerBound * H, rows: tokens.count,
      columns: H, inner: rows.count, aStride: V, adding: !isFirst)
    let biases = step.gradient + bias.offset + tokens.lowerBound
    if isFirst { biases.update(repeating: 0, count: tokens.count) }
    for row in 0..<rows.count { arithmetic.kernels.add(block + row * V, to: biases, count: tokens.count) }
  }
}
