internal import CKernels
package import TsuzuriKernels

/// The output projection of a training step whose softmax goes over each row's target and some tokens drawn for the whole
/// step: sampled softmax.
///
///     l_v = W_v·h + b_v − log E(v)      loss_r = −log( e^l_target / (e^l_target + Σ_{v drawn, v ≠ target} e^l_v) )
///
/// E(v) is the probability that v is drawn (``CandidateSampler``). With the correction the mean gradient is zero where the
/// full softmax's is; elsewhere the two differ, the less the more are drawn. Only W's rows of the drawn and of the targets are
/// read and have gradients. The model that comes of it is one like any other, and is measured with the full softmax.
///
/// Phases as in ``SharedOutput``: columns of the logits, rows of the softmax, columns of all gradients.
///
/// - Shape: hidden [T·B, H] of each share, weight [V, H], bias [V]; S tokens drawn.
/// - Complexity: 6 · T·B · S · H operations a step instead of 6 · T·B · V · H.
package final class SampledOutput: StepOutput {
  private let shares: [OutputShare]
  private let arithmetics: [Arithmetic]
  private let hiddenSize: Int
  private let vocabularySize: Int
  private let weight: ParameterLayout.Slice
  private let bias: ParameterLayout.Slice
  private let blockRows: Int
  private var sampler: CandidateSampler
  /// The place of each token among the drawn, or −1.
  private let places: IndexBuffer
  /// [block, S + 1] at most: the target's first, then those of the drawn; in place their gradients.
  private let logits: FloatBuffer
  /// What the kernel takes as the targets: each row's stands first; −1 for one that is not scored.
  private let firsts: IndexBuffer
  private let candidateWeight: FloatBuffer
  private let candidateBias: FloatBuffer
  private let candidateGradient: FloatBuffer
  private let candidateBiasGradient: FloatBuffer
  private var step: OutputStep?
  private var blocks: OutputBlocks

  /// - Parameters:
  ///   - shares: each share's pass, its targets and where its losses go; nil for passes with an output of their own.
  ///   - arithmetics: how each part computes, one for each share.
  package init?(
    _ weights: PreparedWeights, maximumTime: Int,
    shares: [(pass: any TrainingPass, targets: IndexBuffer, losses: FloatBuffer)], arithmetics: [Arithmetic],
    sampler: CandidateSampler
  ) {
    guard let found = OutputShare.all(shares) else { return nil }
    let (configuration, layout) = (weights.configuration, weights.layout)
    self.shares = found
    self.arithmetics = arithmetics
    self.sampler = sampler
    hiddenSize = configuration.featureSize
    vocabularySize = configuration.vocabularySize
    weight = layout[ParameterName.outputs(configuration)[0]]
    bias = layout[ParameterName.outputBias]
    let rows = maximumTime * (found.map(\.pass.lanes).max() ?? 1)
    blockRows = min(rows, max(64, (1 << 20) / (sampler.count + 1)))
    blocks = OutputBlocks(lanes: found.map(\.pass.lanes), size: blockRows)
    logits = FloatBuffer(count: blockRows * (sampler.count + 1))
    firsts = IndexBuffer(count: blockRows)
    places = IndexBuffer(count: configuration.vocabularySize)
    places.pointer.update(repeating: -1, count: places.count)
    candidateWeight = FloatBuffer(count: sampler.count * configuration.featureSize)
    candidateGradient = FloatBuffer(count: sampler.count * configuration.featureSize)
    candidateBias = FloatBuffer(count: sampler.count)
    candidateBiasGradient = FloatBuffer(count: sampler.count)
  }

  package func begin(
    step number: Int, time: Int, scale: Float, parameters: UnsafePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    step = OutputStep(scale: scale, parameters: parameters, gradient: gradient)
    blocks.begin(time: time)
    for id in sampler.candidates { places.pointer[Int(id)] = -1 }
    sampler.draw(step: number)
    let H = hiddenSize
    for (place, id) in sampler.candidates.enumerated() {
      places.pointer[Int(id)] = Int32(place)
      (candidateWeight.pointer + place * H).update(from: parameters + weight.offset + Int(id) * H, count: H)
      candidateBias.pointer[place] = parameters[bias.offset + Int(id)] - sampler.logExpectation(of: id)
    }
    candidateBiasGradient.clear()
  }

  package func nextBlock() -> Bool { blocks.next() }

  package func run(_ phase: OutputPhase, part: Int) {
    guard let step else { preconditionFailure("the output was run before a step began") }
    let arithmetic = arithmetics[part]
    switch phase {
    case .logits:
      if blocks.isFirst { clear(step, tokens: range(vocabularySize, part)) }
      project(step, columns: range(drawn, part), using: arithmetic)
    case .softmax: normalize(step, rows: range(blocks.rows.count, part), using: arithmetic)
    case .gradients:
      propagate(step, columns: range(hiddenSize, part), using: arithmetic)
      if part == 0 { accumulateBiases(step, using: arithmetic) }
    }
  }

  private func range(_ count: Int, _ part: Int) -> Range<Int> {
    (0..<count).part(part, of: shares.count)
  }

  /// S, of this step.
  private var drawn: Int { sampler.candidates.count }
  private var width: Int { drawn + 1 }
  private var hidden: UnsafePointer<Float> { shares[blocks.share].pass.features + blocks.rows.lowerBound * hiddenSize }
  private var targets: UnsafeMutablePointer<Int32> {
    shares[blocks.share].targets.pointer + blocks.rows.lowerBound
  }

  /// Most rows have no gradient.
  private func clear(_ step: OutputStep, tokens: Range<Int>) {
    (step.gradient + weight.offset + tokens.lowerBound * hiddenSize).update(
      repeating: 0, count: tokens.count * hiddenSize)
    (step.gradient + bias.offset + tokens.lowerBound).update(repeating: 0, count: tokens.count)
  }

  private func project(_ step: OutputStep, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let block = logits.pointer + 1 + columns.lowerBound
    for row in 0..<blocks.rows.count {
      (block + row * width).update(from: candidateBias.pointer + columns.lowerBound, count: columns.count)
    }
    arithmetic.product.multiply(
      hidden, byTransposed: candidateWeight.pointer + columns.lowerBound * hiddenSize, into: block,
      rows: blocks.rows.count, columns: columns.count, inner: hiddenSize, cStride: width, adding: true)
  }

  /// A target among the drawn counts once: the drawn one's probability is none.
  private static let nowhere: Float = -1e30

  private func normalize(_ step: OutputStep, rows part: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.softmax)
    let H = hiddenSize
    for row in part {
      let id = Int(targets[row])
      firsts.pointer[row] = id < 0 ? -1 : 0
      if id < 0 { continue }
      let values = logits.pointer + row * width
      values[0] =
        arithmetic.kernels.dot(hidden + row * H, step.parameters + weight.offset + id * H, count: H)
        + step.parameters[bias.offset + id] - sampler.logExpectation(of: Int32(id))
      let place = Int(places.pointer[id])
      if place >= 0 { values[1 + place] = Self.nowhere }
    }
    arithmetic.kernels.table.pointee.softmax_cross_entropy(
      part.count, width, logits.pointer + part.lowerBound * width, firsts.pointer + part.lowerBound, step.scale, 0,
      shares[blocks.share].losses.pointer + blocks.rows.lowerBound + part.lowerBound)
  }

  /// Some columns of the gradients of the hidden rows, of the targets' weights and of the drawn ones'.
  private func propagate(_ step: OutputStep, columns: Range<Int>, using arithmetic: Arithmetic) {
    arithmetic.profile?.enter(.outputBiasBackward)
    let (H, first) = (hiddenSize, columns.lowerBound)
    let above = shares[blocks.share].pass.encoder.featuresGradient + blocks.rows.lowerBound * H + first
    arithmetic.product.multiply(
      logits.pointer + 1, by: candidateWeight.pointer + first, into: above, rows: blocks.rows.count,
      columns: columns.count, inner: drawn, aStride: width, bStride: H, cStride: H)
    arithmetic.product.multiply(
      transposed: logits.pointer + 1, by: hidden + first, into: candidateGradient.pointer + first,
      rows: drawn, columns: columns.count, inner: blocks.rows.count, aStride: width, bStride: H, cStride: H,
      adding: !blocks.isFirst)
    let (weights, gradients) = (step.parameters + weight.offset + first, step.gradient + weight.offset + first)
    for row in 0..<blocks.rows.count where targets[row] >= 0 {
      let (delta, place) = (logits.pointer[row * width], Int(targets[row]) * H)
      for i in 0..<columns.count {
        above[row * H + i] += delta * weights[place + i]
        gradients[place + i] += delta * hidden[row * H + first + i]
      }
    }
    guard blocks.isLast else { return }
    for (place, id) in sampler.candidates.enumerated() {
      arithmetic.kernels.add(
        candidateGradient.pointer + place * H + first, to: gradients + Int(id) * H, count: columns.count)
    }
  }

  private func accumulateBiases(_ step: OutputStep, using arithmetic: Arithmetic) {
    let gradients = step.gradient + bias.offset
    for row in 0..<blocks.rows.count {
      if targets[row] >= 0 { gradients[Int(targets[row])] += logits.pointer[row * width] }
      arithmetic.kernels.add(
        logits.pointer + row * width + 1, to: candidateBiasGradient.pointer, count: drawn)
    }
    guard blocks.isLast else { return }
    for (place, id) in sampler.candidates.enumerated() {
      gradients[Int(id)] += candidateBiasGradient.pointer[place]
    }
  }
}
