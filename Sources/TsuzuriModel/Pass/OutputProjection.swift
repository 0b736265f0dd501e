internal import CKernels
internal import TsuzuriKernels

/// The last stage: logits = W·h + b and the cross-entropy of their softmax, in blocks of rows.
///
/// A block of logits is turned into its own gradient in place and used up before the next one is made, so the memory is
/// [block, V] and not [T·B, V], however large the vocabulary.
///
///     loss_r = −log softmax(W h_r + b)[target_r]      ∂loss_r/∂logits_r = softmax(logits_r) − onehot(target_r)
///
/// - Shape: hidden [T·B, H], weight [V, H], bias [V].
final class OutputProjection: OutputLayer {
  private let hiddenSize: Int
  private let vocabularySize: Int
  private let weight: ParameterLayout.Slice
  private let bias: ParameterLayout.Slice
  private let blockRows: Int
  private let smoothing: Float
  /// Made when it is first needed: a training step's logits are those of ``SharedOutput``.
  private lazy var logits = FloatBuffer(count: blockRows * vocabularySize)
  /// The weight as a model that is only used has it; nil in training.
  private let packed: PackedMatrix?
  private let arithmetic: Arithmetic

  init(_ weights: PreparedWeights, maximumRows: Int, arithmetic: Arithmetic) {
    let (configuration, layout) = (weights.configuration, weights.layout)
    packed = weights.outputs.first
    hiddenSize = configuration.featureSize
    vocabularySize = configuration.vocabularySize
    weight = layout[ParameterName.outputs(configuration)[0]]
    bias = layout[ParameterName.outputBias]
    smoothing = configuration.regularization.labelSmoothing
    blockRows = Self.blockRows(vocabularySize: configuration.vocabularySize, maximumRows: maximumRows)
    self.arithmetic = arithmetic
  }

  /// Enough rows for full register tiles, few enough that a block of a small vocabulary stays in the cache.
  static func blockRows(vocabularySize: Int, maximumRows: Int) -> Int {
    min(maximumRows, max(64, min(256, (1 << 21) / vocabularySize)))
  }

  func project(
    _ hidden: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>
  ) {
    arithmetic.profile?.enter(.softmax)
    for row in 0..<rows {
      (logits + row * vocabularySize).update(from: parameters + bias.offset, count: vocabularySize)
    }
    if let packed {
      packed.multiply(hidden, into: logits, rows: rows, adding: true, using: arithmetic)
      return
    }
    arithmetic.product.multiply(
      hidden, byTransposed: parameters + weight.offset, into: logits, rows: rows, columns: vocabularySize,
      inner: hiddenSize, adding: true)
  }

  func losses(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>
  ) {
    for start in stride(from: 0, to: rows, by: blockRows) {
      let count = min(blockRows, rows - start)
      project(hidden + start * hiddenSize, rows: count, parameters: parameters, into: logits.pointer)
      arithmetic.kernels.table.pointee.cross_entropy(
        count, vocabularySize, logits.pointer, targets + start, losses + start)
    }
  }

  func lossesAndGradients(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, scale: Float,
    parameters: UnsafePointer<Float>, losses: UnsafeMutablePointer<Float>,
    hiddenGradient: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    let (H, V) = (hiddenSize, vocabularySize)
    for start in stride(from: 0, to: rows, by: blockRows) {
      let count = min(blockRows, rows - start)
      let block = hidden + start * H
      project(block, rows: count, parameters: parameters, into: logits.pointer)
      arithmetic.kernels.table.pointee.softmax_cross_entropy(
        count, V, logits.pointer, targets + start, scale, smoothing, losses + start)
      arithmetic.profile?.enter(.outputBiasBackward)
      arithmetic.product.multiply(
        logits.pointer, by: parameters + weight.offset, into: hiddenGradient + start * H, rows: count, columns: H,
        inner: V)
      arithmetic.product.multiply(
        transposed: logits.pointer, by: block, into: gradient + weight.offset, rows: V, columns: H,
        inner: count, adding: true)
      arithmetic.kernels.table.pointee.sum_rows(count, V, gradient + bias.offset, logits.pointer)
    }
  }
}
