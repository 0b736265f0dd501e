internal import TsuzuriKernels
internal import TsuzuriModel

/// The gradient of a step over all shares: from what these leave to what the optimizer takes.
///
/// Three parts, by how it comes about: products over the shares' windows, made in place, one share after the other
/// (``WindowGradient``, ``SharedOutput``); what each share has written by itself, biases mostly, which is summed in the
/// order of the shares; and, where the embedding has a matrix of its own, the rows of the tokens that were read
/// (``EmbeddingGradient``).
final class StepGradient {
  private let shares: [TrainingShare]
  private let configuration: ModelConfiguration
  private let clipping: GradientClipping
  /// All gradients but those of ``embedding``: the first share's buffer.
  private let values: FloatBuffer
  private let embedding: EmbeddingGradient
  private let embeddingSlice: ParameterLayout.Slice
  /// What each share has in its own buffer.
  private let ownSlices: [ParameterLayout.Slice]
  /// Where the flat buffer begins to be used: behind the embedding, unless that is the output's matrix, too.
  private let start: Int
  /// The sums of squares of the blocks: first the flat buffer's, then those of the embedding's rows.
  private let squares: AlignedBuffer<Double>
  private let flatBlocks: Int
  /// The gradient of rows that were not read: so many rows of zeros.
  private let zeros: FloatBuffer
  private let zeroRows: Int
  private let weightDropouts: [WeightDropout]
  /// How many stretches the gradient is cut into where it is measured and used, one for each thread: so a thread meets the
  /// same memory in both.
  let stretches: Int

  init(
    _ weights: PreparedWeights, shares: [TrainingShare], sharesOutput: Bool, maximumTime: Int,
    clipping: GradientClipping, threads: Int
  ) {
    let layout = weights.layout
    configuration = weights.configuration
    self.shares = shares
    self.clipping = clipping
    values = shares[0].gradient
    embeddingSlice = layout[ParameterName.embedding]
    let outputs = ParameterName.outputs(configuration) + [ParameterName.outputBias(configuration)]
    ownSlices = layout.slices.filter {
      !WindowGradient.isProduct($0) && $0.name != ParameterName.embedding
        && !(sharesOutput && outputs.contains($0.name))
    }
    let lanes = shares.reduce(0) { $0 + $1.lanes.count }
    embedding = EmbeddingGradient(configuration, passes: shares.map(\.pass), maximumRows: maximumTime * lanes)
    start = configuration.tiesEmbeddings ? 0 : layout.slices[1].offset
    flatBlocks = GradientNorm.blockCount(of: layout.bufferCount - start)
    squares = AlignedBuffer(count: flatBlocks + GradientNorm.blockCount(of: embedding.rows.count))
    zeroRows = max(1, GradientNorm.blockSize / configuration.embeddingSize)
    zeros = FloatBuffer(count: zeroRows * configuration.embeddingSize)
    weightDropouts = weights.weightDropouts
    stretches = min(threads, flatBlocks)
  }

  /// Finds out which tokens were read. Before ``makeProducts(part:using:)``, by one thread.
  func collect() { embedding.collect() }

  /// Makes one part of the products over the windows, and of the embedding's gradient; there are as many parts as shares.
  func makeProducts(part: Int, using arithmetic: Arithmetic) {
    for (number, share) in shares.enumerated() {
      share.pass.windowGradient.makeProducts(
        part: part, of: shares.count, into: values.pointer, adding: number > 0, using: arithmetic)
    }
    arithmetic.profile?.enter(.lookUpBackward)
    embedding.sum(part: part, of: shares.count, using: arithmetic.kernels)
    guard configuration.tiesEmbeddings else { return }
    embedding.add(
      part: part, of: shares.count, to: values.pointer + embeddingSlice.offset, using: arithmetic.kernels)
  }

  /// Adds what the other shares have written to what the first one has, clips values, and sums squares, in one stretch.
  func reduce(stretch: Int) {
    let flat = range(flatBlocks, stretch)
    let own = elements(flat)
    for slice in ownSlices {
      let range = (slice.offset..<slice.offset + slice.count).clamped(to: own)
      for share in shares.dropFirst() {
        KernelSet.best.add(
          share.gradient.pointer + range.lowerBound, to: values.pointer + range.lowerBound, count: range.count)
      }
    }
    for dropout in weightDropouts { dropout.mask(values.pointer, in: own, using: .best) }
    measure(UnsafeMutableBufferPointer(rebasing: values.all[start...]), blocks: flat, sums: squares.pointer)
    if configuration.tiesEmbeddings { return }
    measure(readRows, blocks: range(rowBlocks, stretch), sums: squares.pointer + flatBlocks)
  }

  private func measure(
    _ gradient: UnsafeMutableBufferPointer<Float>, blocks: Range<Int>, sums: UnsafeMutablePointer<Double>
  ) {
    let size = GradientNorm.blockSize
    let part = blocks.lowerBound * size..<max(blocks.lowerBound * size, min(gradient.count, blocks.upperBound * size))
    clipping.clipValues(UnsafeMutableBufferPointer(rebasing: gradient[part]))
    GradientNorm.sumSquares(
      ofBlocks: blocks, in: UnsafeBufferPointer(gradient),
      into: UnsafeMutableBufferPointer(start: sums, count: GradientNorm.blockCount(of: gradient.count)))
  }

  /// The global norm, after every stretch was reduced.
  var norm: Double {
    let count = flatBlocks + (configuration.tiesEmbeddings ? 0 : rowBlocks)
    return GradientNorm.norm(fromSums: UnsafeBufferPointer(start: squares.pointer, count: count))
  }

  /// Moves the parameters of one stretch.
  func update(_ parameters: FloatBuffer, stretch: Int, by optimizer: any Optimizer) {
    let flat = elements(range(flatBlocks, stretch))
    optimizer.update(
      parameters: parameters.all, gradients: UnsafeBufferPointer(rebasing: values.all[flat]), in: flat)
    if configuration.tiesEmbeddings { return }
    // Tokens that were not read, one after the other, are moved together.
    let width = configuration.embeddingSize
    let tokens = range(configuration.vocabularySize, stretch)
    var id = tokens.lowerBound
    while id < tokens.upperBound {
      var next = id + 1
      let row = embedding.row(ofToken: id)
      if row == nil {
        while next < min(tokens.upperBound, id + zeroRows), embedding.row(ofToken: next) == nil { next += 1 }
      }
      let first = embeddingSlice.offset + id * width
      optimizer.update(
        parameters: parameters.all,
        gradients: UnsafeBufferPointer(start: row ?? UnsafePointer(zeros.pointer), count: (next - id) * width),
        in: first..<first + (next - id) * width)
      id = next
    }
  }

  private var readRows: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: embedding.rows.pointer, count: embedding.count * configuration.embeddingSize)
  }

  private var rowBlocks: Int { GradientNorm.blockCount(of: readRows.count) }

  private func range(_ count: Int, _ stretch: Int) -> Range<Int> {
    (0..<count).part(stretch, of: stretches)
  }

  /// The elements of some blocks of the flat buffer.
  private func elements(_ blocks: Range<Int>) -> Range<Int> {
    start + blocks.lowerBound
      * GradientNorm.blockSize..<min(values.count, start + blocks.upperBound * GradientNorm.blockSize)
  }
}
