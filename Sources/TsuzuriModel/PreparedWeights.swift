internal import CKernels
package import TsuzuriKernels

/// What the passes read of the parameters in another form than they are stored in, made once for each update.
///
/// The recurrent product runs once a time step with few rows, where a second factor stored as [inner, columns] is up to
/// half as fast again as one stored the other way round. And a layer's two biases are always needed as their sum.
package final class PreparedWeights: Sendable {
  /// [layers][H, G·H]: W_hh transposed.
  let recurrentTransposed: [FloatBuffer]
  /// [layers][G·H]: b_ih + b_hh.
  let biases: [FloatBuffer]
  private let configuration: ModelConfiguration
  private let layout: ParameterLayout

  package init(_ configuration: ModelConfiguration, layout: ParameterLayout) {
    self.configuration = configuration
    self.layout = layout
    let (H, rows) = (configuration.hiddenSize, configuration.cell.gates * configuration.hiddenSize)
    recurrentTransposed = (0..<configuration.layers).map { _ in FloatBuffer(count: H * rows) }
    biases = (0..<configuration.layers).map { _ in FloatBuffer(count: rows) }
  }

  /// Brings one layer up to date. Layers can be prepared side by side.
  package func prepare(layer: Int, from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    let (H, rows) = (configuration.hiddenSize, configuration.cell.gates * configuration.hiddenSize)
    kernels.table.pointee.transpose(
      rows, H, recurrentTransposed[layer].pointer, parameters + layout[ParameterName.recurrentWeight(layer)].offset)
    let bias = biases[layer].pointer
    bias.update(from: parameters + layout[ParameterName.inputBias(layer)].offset, count: rows)
    kernels.table.pointee.add(rows, bias, parameters + layout[ParameterName.recurrentBias(layer)].offset)
  }

  /// Brings every layer up to date.
  package func prepareAll(from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    for layer in 0..<configuration.layers { prepare(layer: layer, from: parameters, using: kernels) }
  }
}
