internal import CKernels
package import TsuzuriKernels

/// What the passes read of the parameters in another form than they are stored in, made once for each update.
package final class PreparedWeights: Sendable {
  /// What a model is prepared for.
  package enum Purpose: Sendable { case training, inference }

  package let configuration: ModelConfiguration
  package let layout: ParameterLayout
  /// The layers of each stack, in the order of ``ModelConfiguration/stacks``.
  let stacks: [[PreparedLayer]]
  let purpose: Purpose

  package init(_ configuration: ModelConfiguration, layout: ParameterLayout, for purpose: Purpose) {
    self.configuration = configuration
    self.layout = layout
    self.purpose = purpose
    stacks = configuration.stacks.map { stack in
      (0..<configuration.layers).map {
        PreparedLayer(configuration, stack: stack, index: $0, layout: layout, purpose: purpose)
      }
    }
  }

  /// How many parts there are, which can be prepared side by side.
  package var partCount: Int { stacks.count * configuration.layers }

  /// Brings one part up to date.
  package func prepare(part: Int, from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    stacks[part / configuration.layers][part % configuration.layers].prepare(from: parameters, using: kernels)
  }

  /// Brings everything up to date.
  package func prepareAll(from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    for part in 0..<partCount { prepare(part: part, from: parameters, using: kernels) }
  }
}

/// One layer's weights as its passes read them.
final class PreparedLayer: Sendable {
  /// For each of the cell's recurrent parts, the factor of h·Wᵀ.
  let forward: [PackedMatrix]
  /// For each of the cell's recurrent parts, the factor of δ·W; none where nothing is trained.
  let backward: [PackedMatrix]
  /// b_ih + b_hh, for cells that only need their sum; empty where a cell has not both.
  let bias: FloatBuffer
  private let parts: [(offset: Int, part: RecurrentPart)]
  private let biases: [ParameterLayout.Slice]

  init(
    _ configuration: ModelConfiguration, stack: String, index: Int, layout: ParameterLayout,
    purpose: PreparedWeights.Purpose
  ) {
    let shape = LayerShape(configuration, index: index)
    let cell = configuration.layerType
    parts = cell.recurrentParts(shape).map { part in
      let slice = layout[ParameterName.recurrent(stack, part.role, index)]
      return (slice.offset + part.rows.lowerBound * part.inner, part)
    }
    forward = parts.map { PackedMatrix(columns: $0.part.rows.count, inner: $0.part.inner) }
    backward =
      purpose == .training ? parts.map { PackedMatrix(columns: $0.part.inner, inner: $0.part.rows.count) } : []
    let roles = Set(cell.tensors(shape).map(\.role))
    biases =
      roles.isSuperset(of: ["bias_ih", "bias_hh"])
      ? ["bias_ih", "bias_hh"].map { layout[ParameterName.recurrent(stack, $0, index)] } : []
    bias = FloatBuffer(count: biases.first?.count ?? 0)
  }

  func prepare(from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    for (n, part) in parts.enumerated() {
      forward[n].pack(transposed: parameters + part.offset, using: kernels)
      if !backward.isEmpty { backward[n].pack(parameters + part.offset, using: kernels) }
    }
    guard biases.count == 2 else { return }
    bias.pointer.update(from: parameters + biases[0].offset, count: bias.count)
    kernels.table.pointee.add(bias.count, bias.pointer, parameters + biases[1].offset)
  }
}
