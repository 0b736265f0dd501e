internal import CKernels
internal import TsuzuriKernels

/// The last stage of a model with an adaptive softmax (``AdaptiveClusters``): a head over the frequent tokens and the
/// clusters, and a narrower softmax in each cluster, which only the rows need whose target is in it.
///
///     loss_r = −log P_head(target_r)                                 for a target of the head
///     loss_r = −log P_head(cluster) − log P_cluster(target_r)        for one of a cluster
///
/// A cluster's rows are gathered over the whole window, so that its products are as dense as the head's. Each share of a
/// training step has an output of its own.
///
/// - Shape: hidden [T·B, H]; logits [block, c₀ + K] of the head, [block, tokens] of a cluster.
final class AdaptiveOutput: OutputLayer {
  private let clusters: AdaptiveClusters
  private let head: Matrix
  private let headBias: ParameterLayout.Slice
  private let tails: [(projection: Matrix, output: Matrix)]
  private let maximumRows: Int
  private let arithmetic: Arithmetic
  /// The rows of a block of the head, and of each cluster.
  private let headBlock: Int
  private let tailBlocks: [Int]
  /// The logits of the head or of one cluster, and in place their gradients.
  private lazy var logits = FloatBuffer(
    count: max(
      headBlock * clusters.headSize, (0..<clusters.count).map { tailBlocks[$0] * tails[$0].output.rows }.max() ?? 0))
  /// Each row's target in the head; −1 where it is not scored.
  private lazy var headTargets = IndexBuffer(count: headBlock)
  /// The rows of the window whose target is in a cluster, and the targets there.
  private lazy var members = IndexBuffer(count: maximumRows)
  private lazy var memberTargets = IndexBuffer(count: maximumRows)
  private lazy var memberLosses = FloatBuffer(count: maximumRows)
  private lazy var memberHidden = FloatBuffer(count: longestBlock * clusters.width)
  /// What a cluster's tokens are predicted from, and its gradient.
  private lazy var narrow = FloatBuffer(count: longestBlock * clusters.width(of: 0))
  private lazy var narrowGradient = FloatBuffer(count: longestBlock * clusters.width(of: 0))
  private var longestBlock: Int { tailBlocks.max() ?? 0 }

  /// A matrix as it stands among the parameters, and packed where the model is only used.
  private struct Matrix {
    let slice: ParameterLayout.Slice
    let packed: PackedMatrix?
    var rows: Int { slice.shape[0] }
    var columns: Int { slice.shape[1] }
  }

  init(_ weights: PreparedWeights, clusters: AdaptiveClusters, maximumRows: Int, arithmetic: Arithmetic) {
    self.clusters = clusters
    self.arithmetic = arithmetic
    let layout = weights.layout
    let matrices = ParameterName.outputs(weights.configuration).enumerated().map { index, name in
      Matrix(slice: layout[name], packed: weights.outputs.isEmpty ? nil : weights.outputs[index])
    }
    head = matrices[0]
    tails = (0..<clusters.count).map { (matrices[1 + 2 * $0], matrices[2 + 2 * $0]) }
    headBias = layout[ParameterName.headBias]
    self.maximumRows = maximumRows
    headBlock = OutputProjection.blockRows(vocabularySize: clusters.headSize, maximumRows: maximumRows)
    tailBlocks = (0..<clusters.count).map {
      OutputProjection.blockRows(vocabularySize: clusters.tokens(of: $0).count, maximumRows: maximumRows)
    }
  }

  /// The logarithms of the probabilities: logits like others, as their softmax is what they come from.
  func project(
    _ hidden: UnsafePointer<Float>, rows: Int, parameters: UnsafePointer<Float>,
    into logProbabilities: UnsafeMutablePointer<Float>
  ) {
    let (V, c) = (clusters.vocabularySize, clusters.shortListSize)
    // A block that head and clusters have room for.
    let size = min(headBlock, tailBlocks.min() ?? headBlock)
    for start in stride(from: 0, to: rows, by: size) {
      let count = min(size, rows - start)
      let block = hidden + start * clusters.width
      let result = logProbabilities + start * V
      multiplyHead(block, rows: count, parameters)
      for row in 0..<count {
        let values = logits.pointer + row * clusters.headSize
        subtractLogSum(values, count: clusters.headSize)
        (result + row * V).update(from: values, count: c)
        // The cluster's logarithm waits in the place of its first token.
        for cluster in 0..<clusters.count { result[row * V + clusters.cutoffs[cluster]] = values[c + cluster] }
      }
      for cluster in 0..<clusters.count {
        let tokens = clusters.tokens(of: cluster)
        multiplyTail(cluster, block, rows: count, parameters)
        for row in 0..<count {
          let values = logits.pointer + row * tokens.count
          subtractLogSum(values, count: tokens.count)
          let target = result + row * V + tokens.lowerBound
          let base = target[0]
          for i in 0..<tokens.count { target[i] = base + values[i] }
        }
      }
    }
  }

  func losses(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>
  ) {
    for start in stride(from: 0, to: rows, by: headBlock) {
      let count = min(headBlock, rows - start)
      findHeadTargets(targets + start, count: count)
      multiplyHead(hidden + start * clusters.width, rows: count, parameters)
      arithmetic.kernels.table.pointee.cross_entropy(
        count, clusters.headSize, logits.pointer, headTargets.pointer, losses + start)
    }
    forEachTailBlock(hidden, targets: targets, rows: rows) { cluster, block in
      multiplyTail(cluster, memberHidden.pointer, rows: block.count, parameters)
      arithmetic.kernels.table.pointee.cross_entropy(
        block.count, tails[cluster].output.rows, logits.pointer, memberTargets.pointer + block.lowerBound,
        memberLosses.pointer + block.lowerBound)
      for n in block { losses[Int(members.pointer[n])] += memberLosses.pointer[n] }
    }
  }

  func lossesAndGradients(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int, scale: Float,
    parameters: UnsafePointer<Float>, losses: UnsafeMutablePointer<Float>,
    hiddenGradient: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    let (H, size) = (clusters.width, clusters.headSize)
    for start in stride(from: 0, to: rows, by: headBlock) {
      let count = min(headBlock, rows - start)
      let block = hidden + start * H
      findHeadTargets(targets + start, count: count)
      multiplyHead(block, rows: count, parameters)
      arithmetic.kernels.table.pointee.softmax_cross_entropy(
        count, size, logits.pointer, headTargets.pointer, scale, 0, losses + start)
      arithmetic.profile?.enter(.outputBiasBackward)
      arithmetic.product.multiply(
        logits.pointer, by: parameters + head.slice.offset, into: hiddenGradient + start * H, rows: count, columns: H,
        inner: size)
      arithmetic.product.multiply(
        transposed: logits.pointer, by: block, into: gradient + head.slice.offset, rows: size, columns: H,
        inner: count, adding: true)
      arithmetic.kernels.table.pointee.sum_rows(count, size, gradient + headBias.offset, logits.pointer)
    }
    forEachTailBlock(hidden, targets: targets, rows: rows) { cluster, block in
      multiplyTail(cluster, memberHidden.pointer, rows: block.count, parameters)
      arithmetic.kernels.table.pointee.softmax_cross_entropy(
        block.count, tails[cluster].output.rows, logits.pointer, memberTargets.pointer + block.lowerBound, scale, 0,
        memberLosses.pointer + block.lowerBound)
      for n in block { losses[Int(members.pointer[n])] += memberLosses.pointer[n] }
      propagate(cluster, block, parameters: parameters, hiddenGradient: hiddenGradient, gradient: gradient)
    }
  }

  /// From the gradient of a cluster's logits to those of its matrices and of the rows' features.
  private func propagate(
    _ cluster: Int, _ block: Range<Int>, parameters: UnsafePointer<Float>, hiddenGradient: UnsafeMutablePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    arithmetic.profile?.enter(.outputBiasBackward)
    let (projection, output) = tails[cluster]
    let (H, W, N, rows) = (clusters.width, projection.rows, output.rows, block.count)
    arithmetic.product.multiply(
      logits.pointer, by: parameters + output.slice.offset, into: narrowGradient.pointer, rows: rows, columns: W,
      inner: N)
    arithmetic.product.multiply(
      transposed: logits.pointer, by: narrow.pointer, into: gradient + output.slice.offset, rows: N, columns: W,
      inner: rows, adding: true)
    arithmetic.product.multiply(
      transposed: narrowGradient.pointer, by: memberHidden.pointer, into: gradient + projection.slice.offset, rows: W,
      columns: H, inner: rows, adding: true)
    // The gathered features are not needed any more: their gradient takes their place.
    arithmetic.product.multiply(
      narrowGradient.pointer, by: parameters + projection.slice.offset, into: memberHidden.pointer, rows: rows,
      columns: H, inner: W)
    for n in block {
      arithmetic.kernels.add(
        memberHidden.pointer + (n - block.lowerBound) * H, to: hiddenGradient + Int(members.pointer[n]) * H, count: H)
    }
  }

  /// Each row's target in the head: a token of its own, or a cluster.
  private func findHeadTargets(_ targets: UnsafePointer<Int32>, count: Int) {
    for row in 0..<count {
      let target = Int(targets[row])
      let cluster = target < 0 ? nil : clusters.cluster(of: target)
      headTargets.pointer[row] = cluster.map { Int32(clusters.shortListSize + $0) } ?? targets[row]
    }
  }

  /// Calls `body` for blocks of rows whose target is in a cluster, cluster by cluster, with their features gathered.
  private func forEachTailBlock(
    _ hidden: UnsafePointer<Float>, targets: UnsafePointer<Int32>, rows: Int,
    _ body: (_ cluster: Int, _ block: Range<Int>) -> Void
  ) {
    let H = clusters.width
    for cluster in 0..<clusters.count {
      let tokens = clusters.tokens(of: cluster)
      var found = 0
      for row in 0..<rows where tokens.contains(Int(targets[row])) {
        members.pointer[found] = Int32(row)
        memberTargets.pointer[found] = targets[row] - Int32(tokens.lowerBound)
        found += 1
      }
      for start in stride(from: 0, to: found, by: tailBlocks[cluster]) {
        let block = start..<min(found, start + tailBlocks[cluster])
        for n in block {
          (memberHidden.pointer + (n - start) * H).update(from: hidden + Int(members.pointer[n]) * H, count: H)
        }
        body(cluster, block)
      }
    }
  }

  private func multiplyHead(_ hidden: UnsafePointer<Float>, rows: Int, _ parameters: UnsafePointer<Float>) {
    arithmetic.profile?.enter(.softmax)
    for row in 0..<rows {
      (logits.pointer + row * clusters.headSize).update(from: parameters + headBias.offset, count: clusters.headSize)
    }
    multiply(head, hidden, rows: rows, into: logits.pointer, parameters, adding: true)
  }

  private func multiplyTail(
    _ cluster: Int, _ hidden: UnsafePointer<Float>, rows: Int, _ parameters: UnsafePointer<Float>
  ) {
    multiply(tails[cluster].projection, hidden, rows: rows, into: narrow.pointer, parameters, adding: false)
    multiply(tails[cluster].output, narrow.pointer, rows: rows, into: logits.pointer, parameters, adding: false)
  }

  /// C = A·Wᵀ, or C += A·Wᵀ.
  private func multiply(
    _ matrix: Matrix, _ a: UnsafePointer<Float>, rows: Int, into c: UnsafeMutablePointer<Float>,
    _ parameters: UnsafePointer<Float>, adding: Bool
  ) {
    if let packed = matrix.packed {
      return packed.multiply(a, into: c, rows: rows, adding: adding, using: arithmetic)
    }
    arithmetic.product.multiply(
      a, byTransposed: parameters + matrix.slice.offset, into: c, rows: rows, columns: matrix.rows,
      inner: matrix.columns, adding: adding)
  }

  /// From logits to logarithms of probabilities, by the kernel that scores a target: the loss of one tells the sum.
  private func subtractLogSum(_ values: UnsafeMutablePointer<Float>, count: Int) {
    var target: Int32 = 0
    var loss: Float = 0
    arithmetic.kernels.table.pointee.cross_entropy(1, count, values, &target, &loss)
    let sum = loss + values[0]
    for i in 0..<count { values[i] -= sum }
  }
}
