internal import CKernels
internal import TsuzuriKernels

/// The last stage of a bidirectional model: the logits of both directions, alone and together, and their cross-entropies.
///
///     logits of the forward model    f = W_f h_f + b
///     logits of the backward model   g = W_b h_b + b
///     joint logits                   j = W_f h_f + W_b h_b + b
///     minimised, for each place      loss(j) + loss(f) + loss(g)
///
/// Each direction is a language model by itself because it has a loss of its own; the bias is shared. As in
/// ``OutputProjection`` the logits are made in blocks of rows and turned into their gradients in place:
///
///     ∂/∂(W_f h_f) = ∂loss(j)/∂j + ∂loss(f)/∂f      ∂/∂b = ∂loss(j)/∂j + ∂loss(f)/∂f + ∂loss(g)/∂g
///
/// - Shape: both features [T·B, H], both weights [V, H], bias [V].
final class JointProjection {
  /// Where the losses of each place are put [T·B].
  struct Losses {
    var joint: UnsafeMutablePointer<Float>
    var forward: UnsafeMutablePointer<Float>
    var backward: UnsafeMutablePointer<Float>
  }

  private let hiddenSize: Int
  private let vocabularySize: Int
  private let weights: [ParameterLayout.Slice]
  private let bias: ParameterLayout.Slice
  /// The weights as a model that is only used has them; none in training.
  private let packed: [PackedMatrix]
  private let blockRows: Int
  private let smoothing: Float
  private let forwardLogits, backwardLogits, jointLogits: FloatBuffer
  private let arithmetic: Arithmetic

  init(_ prepared: PreparedWeights, maximumRows: Int, arithmetic: Arithmetic) {
    let (configuration, layout) = (prepared.configuration, prepared.layout)
    packed = prepared.outputs
    hiddenSize = configuration.outputSize
    vocabularySize = configuration.vocabularySize
    weights = ParameterName.outputs(configuration).map { layout[$0] }
    bias = layout[ParameterName.outputBias]
    smoothing = configuration.regularization.labelSmoothing
    blockRows = OutputProjection.blockRows(vocabularySize: vocabularySize, maximumRows: maximumRows)
    let count = blockRows * vocabularySize
    (forwardLogits, backwardLogits, jointLogits) = (
      FloatBuffer(count: count), FloatBuffer(count: count), FloatBuffer(count: count)
    )
    self.arithmetic = arithmetic
  }

  /// Fills the three buffers with the logits of a block's rows, at most ``blockRows``.
  private func project(
    _ forward: UnsafePointer<Float>, _ backward: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>
  ) {
    arithmetic.profile?.enter(.softmax)
    let kernels = arithmetic.kernels.table
    let (f, g, j) = (forwardLogits.pointer, backwardLogits.pointer, jointLogits.pointer)
    project(forward, by: 0, into: f, rows: rows, parameters: parameters)
    project(backward, by: 1, into: g, rows: rows, parameters: parameters)
    kernels.pointee.add_to_rows(rows, vocabularySize, f, parameters + bias.offset)
    j.update(from: f, count: rows * vocabularySize)
    kernels.pointee.add(rows * vocabularySize, j, g)
    kernels.pointee.add_to_rows(rows, vocabularySize, g, parameters + bias.offset)
  }

  /// One direction's logits, without bias.
  private func project(
    _ features: UnsafePointer<Float>, by direction: Int, into logits: UnsafeMutablePointer<Float>, rows: Int,
    parameters: UnsafePointer<Float>
  ) {
    guard packed.isEmpty else {
      packed[direction].multiply(features, into: logits, rows: rows, using: arithmetic)
      return
    }
    arithmetic.product.multiply(
      features, byTransposed: parameters + weights[direction].offset, into: logits, rows: rows,
      columns: vocabularySize, inner: hiddenSize)
  }

  /// The joint logits [rows, V].
  func logits(
    _ forward: UnsafePointer<Float>, _ backward: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>
  ) {
    let (H, V) = (hiddenSize, vocabularySize)
    for start in stride(from: 0, to: rows, by: blockRows) {
      let count = min(blockRows, rows - start)
      project(forward + start * H, backward + start * H, rows: count, parameters: parameters)
      (logits + start * V).update(from: jointLogits.pointer, count: count * V)
    }
  }

  /// The losses of each row in nats. A target below zero is not scored: its losses are 0.
  func losses(
    _ forward: UnsafePointer<Float>, _ backward: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int,
    parameters: UnsafePointer<Float>, into losses: Losses
  ) {
    let (H, V) = (hiddenSize, vocabularySize)
    let kernels = arithmetic.kernels.table.pointee
    for start in stride(from: 0, to: rows, by: blockRows) {
      let count = min(blockRows, rows - start)
      project(forward + start * H, backward + start * H, rows: count, parameters: parameters)
      kernels.cross_entropy(count, V, jointLogits.pointer, targets + start, losses.joint + start)
      kernels.cross_entropy(count, V, forwardLogits.pointer, targets + start, losses.forward + start)
      kernels.cross_entropy(count, V, backwardLogits.pointer, targets + start, losses.backward + start)
    }
  }

  /// The losses, the gradients of the weights (added) and the bias (added), and those of both features (written).
  ///
  /// - Parameter scale: what each row's losses count in the mean that is minimised.
  func lossesAndGradients(
    _ forward: UnsafePointer<Float>, _ backward: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int,
    scale: Float, parameters: UnsafePointer<Float>, losses: Losses, forwardGradient: UnsafeMutablePointer<Float>,
    backwardGradient: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    let (H, V) = (hiddenSize, vocabularySize)
    let kernels = arithmetic.kernels.table.pointee
    let (f, g, j) = (forwardLogits.pointer, backwardLogits.pointer, jointLogits.pointer)
    for start in stride(from: 0, to: rows, by: blockRows) {
      let count = min(blockRows, rows - start)
      project(forward + start * H, backward + start * H, rows: count, parameters: parameters)
      kernels.softmax_cross_entropy(count, V, j, targets + start, scale, smoothing, losses.joint + start)
      kernels.softmax_cross_entropy(count, V, f, targets + start, scale, smoothing, losses.forward + start)
      kernels.softmax_cross_entropy(count, V, g, targets + start, scale, smoothing, losses.backward + start)
      arithmetic.profile?.enter(.outputBiasBackward)
      kernels.sum_rows(count, V, gradient + bias.offset, g)
      kernels.add(count * V, f, j)
      kernels.add(count * V, g, j)
      kernels.sum_rows(count, V, gradient + bias.offset, f)
      propagate(
        f, by: 0, features: forward + start * H, rows: count, parameters: parameters,
        featuresGradient: forwardGradient + start * H, gradient: gradient)
      propagate(
        g, by: 1, features: backward + start * H, rows: count, parameters: parameters,
        featuresGradient: backwardGradient + start * H, gradient: gradient)
    }
  }

  /// From one direction's gradient of the logits to those of its weight (added) and of its features (written).
  private func propagate(
    _ logits: UnsafePointer<Float>, by direction: Int, features: UnsafePointer<Float>, rows: Int,
    parameters: UnsafePointer<Float>, featuresGradient: UnsafeMutablePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    let weight = weights[direction]
    arithmetic.product.multiply(
      logits, by: parameters + weight.offset, into: featuresGradient, rows: rows, columns: hiddenSize,
      inner: vocabularySize)
    arithmetic.product.multiply(
      transposed: logits, by: features, into: gradient + weight.offset, rows: vocabularySize, columns: hiddenSize,
      inner: rows, adding: true)
  }
}
