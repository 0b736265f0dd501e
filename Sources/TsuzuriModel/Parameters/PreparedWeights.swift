internal import CKernels
package import TsuzuriKernels

/// What the passes read of the parameters in another form than they are stored in, made once for each update.
///
/// Training packs the factors of the products that are made at each time step. A model that is only used has all its
/// matrices packed, as floats or as 8-bit integers: its products then give the same bits however many rows they have.
package final class PreparedWeights: Sendable {
  /// What a model is prepared for.
  package enum Purpose: Sendable { case training, inference }

  package let configuration: ModelConfiguration
  package let layout: ParameterLayout
  /// The layers of each stack, in the order of ``ModelConfiguration/stacks``.
  let stacks: [[PreparedLayer]]
  /// The factors of h·Wᵀ of the output projection, in the order of ``ParameterName/outputs(_:)``; none in training.
  let outputs: [PackedMatrix]
  /// The factor of h·Pᵀ before a tied embedding of another width; nil in training, and where there is none.
  let projection: PackedMatrix?
  let purpose: Purpose
  /// Whether the matrices are 8-bit integers.
  package let isQuantized: Bool

  package init(
    _ configuration: ModelConfiguration, layout: ParameterLayout, for purpose: Purpose,
    quantized: QuantizedWeights? = nil
  ) {
    self.configuration = configuration
    self.layout = layout
    self.purpose = purpose
    isQuantized = quantized != nil
    stacks = configuration.stacks.map { stack in
      (0..<configuration.layers).map {
        PreparedLayer(
          configuration, stack: stack, index: $0, layout: layout, purpose: purpose, quantized: quantized)
      }
    }
    outputs =
      purpose == .training
      ? []
      : ParameterName.outputs(configuration).map {
        PreparedLayer.packed(layout[$0], rows: 0..<layout[$0].shape[0], quantized)
      }
    projection =
      purpose == .inference && configuration.projectsFeatures
      ? PreparedLayer.packed(
        layout[ParameterName.projection], rows: 0..<configuration.embeddingSize, quantized) : nil
  }

  /// The packed matrices that stand behind the layers, and where their weights stand.
  private var heads: [(PackedMatrix, offset: Int)] {
    zip(outputs, ParameterName.outputs(configuration)).map { ($0, layout[$1].offset) }
      + (projection.map { [($0, layout[ParameterName.projection].offset)] } ?? [])
  }

  /// How many parts there are, which can be prepared side by side.
  package var partCount: Int { stacks.count * configuration.layers + outputs.count + (projection == nil ? 0 : 1) }

  /// The matrices of which a step of training drops elements.
  package var weightDropouts: [WeightDropout] { stacks.joined().compactMap(\.weightDropout) }

  /// Brings one part up to date.
  ///
  /// - Parameter dropout: nil where nothing of the weights is dropped, though the model is trained with such dropout.
  package func prepare(
    part: Int, from parameters: UnsafePointer<Float>, dropout: DropoutKey? = nil, using kernels: KernelSet
  ) {
    let layers = stacks.count * configuration.layers
    if part < layers {
      stacks[part / configuration.layers][part % configuration.layers].prepare(
        from: parameters, isQuantized: isQuantized, dropout: dropout, using: kernels)
    } else if !isQuantized {
      let (matrix, offset) = heads[part - layers]
      matrix.pack(transposed: parameters + offset, using: kernels)
    }
  }

  /// Brings everything up to date.
  package func prepareAll(
    from parameters: UnsafePointer<Float>, dropout: DropoutKey? = nil, using kernels: KernelSet
  ) {
    for part in 0..<partCount { prepare(part: part, from: parameters, dropout: dropout, using: kernels) }
  }

  /// Brings a model that is only used up to date, on all processors.
  package func prepareOnAllProcessors(from parameters: FloatBuffer, using kernels: KernelSet) {
    for layer in stacks.joined() { layer.prepareBias(from: parameters.pointer, using: kernels) }
    if isQuantized { return }
    let matrices = stacks.joined().flatMap(\.transposed) + heads
    // Pieces of some panels, so that a large matrix is shared, too.
    let pieces = matrices.flatMap { matrix, offset in
      stride(from: 0, to: matrix.panelCount, by: 16).map {
        (matrix: matrix, offset: offset, panels: $0..<min($0 + 16, matrix.panelCount))
      }
    }
    WorkerPool.runOnce(tasks: pieces.count, bytes: 4 * parameters.count) { index in
      let piece = pieces[index]
      piece.matrix.pack(transposed: parameters.pointer + piece.offset, panels: piece.panels, using: kernels)
    }
  }

  /// How many bytes of weights are read for each token of one sequence, the look-up of its embedding left out.
  package var bytesPerToken: Int {
    guard let stack = stacks.first, !outputs.isEmpty else { return 0 }
    let products = stack.enumerated().flatMap {
      $0.offset == 0 ? $0.element.forward : $0.element.forward + $0.element.input
    }
    // Of two stacks the forward one writes.
    let written = outputs.prefix(outputs.count / stacks.count)
    return written.reduce(0) { $0 + $1.byteCount } + (projection?.byteCount ?? 0)
      + products.reduce(0) { $0 + $1.byteCount }
  }

  /// `base` with the room that 8-bit products of so many rows take, where the model has such.
  func arithmetic(_ base: Arithmetic, rows: Int) -> Arithmetic {
    var arithmetic = base
    if isQuantized { arithmetic.quantizedRows = QuantizedRows(rows: max(rows, 1), inner: widestRow) }
    return arithmetic
  }

  /// The widest row that a product has on its left side.
  private var widestRow: Int {
    (stacks.joined().flatMap { $0.forward + $0.input } + heads.map(\.0)).map(\.inner).max() ?? 0
  }
}

/// One layer's weights as its passes read them.
final class PreparedLayer: Sendable {
  /// The factor of x·W_ihᵀ; none in training, whose products have many rows.
  let input: [PackedMatrix]
  /// For each of the cell's recurrent parts, the factor of h·Wᵀ.
  let forward: [PackedMatrix]
  /// For each of the cell's recurrent parts, the factor of δ·W; none where nothing is trained.
  let backward: [PackedMatrix]
  /// b_ih + b_hh, for cells that only need their sum; empty where a cell has not both.
  let bias: FloatBuffer
  /// nil where no elements of weight_hh are dropped.
  let weightDropout: WeightDropout?
  private let parts: [(offset: Int, part: RecurrentPart)]
  private let inputWeight: ParameterLayout.Slice
  private let biases: [ParameterLayout.Slice]

  init(
    _ configuration: ModelConfiguration, stack: String, index: Int, layout: ParameterLayout,
    purpose: PreparedWeights.Purpose, quantized: QuantizedWeights?
  ) {
    let shape = LayerShape(configuration, index: index)
    let cell = configuration.layerType
    func slice(_ role: String) -> ParameterLayout.Slice { layout[ParameterName.recurrent(stack, role, index)] }
    parts = cell.recurrentParts(shape).map { (slice($0.role).offset + $0.rows.lowerBound * $0.inner, $0) }
    inputWeight = slice("weight_ih")
    input =
      purpose == .inference ? [Self.packed(inputWeight, rows: 0..<inputWeight.shape[0], quantized)] : []
    forward = parts.map { Self.packed(slice($0.part.role), rows: $0.part.rows, quantized) }
    backward =
      purpose == .training ? parts.map { PackedMatrix(columns: $0.part.inner, inner: $0.part.rows.count) } : []
    let probability = configuration.regularization.weightDropout
    weightDropout =
      purpose == .training && probability > 0
      ? WeightDropout(
        slice("weight_hh"), probability: probability,
        place: (configuration.stacks.firstIndex(of: stack) ?? 0) * configuration.layers + index) : nil
    let roles = Set(cell.tensors(shape).map(\.role))
    biases = roles.isSuperset(of: ["bias_ih", "bias_hh"]) ? [slice("bias_ih"), slice("bias_hh")] : []
    bias = FloatBuffer(count: biases.first?.count ?? 0)
  }

  /// A packed matrix of some rows of a tensor: with its 8-bit weights, or still empty.
  static func packed(_ slice: ParameterLayout.Slice, rows: Range<Int>, _ quantized: QuantizedWeights?) -> PackedMatrix {
    guard let matrix = quantized?.matrices[slice.name] else {
      return PackedMatrix(columns: rows.count, inner: slice.shape[1])
    }
    return PackedMatrix(transposing: matrix, rows: rows, using: .best)
  }

  func prepare(
    from parameters: UnsafePointer<Float>, isQuantized: Bool, dropout: DropoutKey?, using kernels: KernelSet
  ) {
    if !isQuantized {
      for matrix in input { matrix.pack(transposed: parameters + inputWeight.offset, using: kernels) }
      if let weightDropout, let dropout { weightDropout.draw(from: parameters, key: dropout, using: kernels) }
      for (n, part) in parts.enumerated() {
        var weights = parameters + part.offset
        if let weightDropout, dropout != nil, part.part.role == "weight_hh" {
          weights = UnsafePointer(weightDropout.masked.pointer) + part.offset - weightDropout.slice.offset
        }
        forward[n].pack(transposed: weights, using: kernels)
        if !backward.isEmpty { backward[n].pack(weights, using: kernels) }
      }
    }
    prepareBias(from: parameters, using: kernels)
  }

  /// The matrices that are packed for products with rows of inputs and of states, and where their weights stand.
  var transposed: [(PackedMatrix, offset: Int)] {
    input.map { ($0, inputWeight.offset) } + zip(forward, parts).map { ($0, $1.offset) }
  }

  func prepareBias(from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    guard biases.count == 2 else { return }
    bias.pointer.update(from: parameters + biases[0].offset, count: bias.count)
    kernels.table.pointee.add(bias.count, bias.pointer, parameters + biases[1].offset)
  }
}
