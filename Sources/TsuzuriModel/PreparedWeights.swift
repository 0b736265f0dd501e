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
  private let recurrentWeights: [ParameterLayout.Slice]
  private let inputBiases: [ParameterLayout.Slice]
  private let recurrentBiases: [ParameterLayout.Slice]

  package init(_ configuration: ModelConfiguration, layout: ParameterLayout) {
    self.configuration = configuration
    let indices = 0..<configuration.layers
    recurrentWeights = indices.map { layout[ParameterName.recurrentWeight($0)] }
    inputBiases = indices.map { layout[ParameterName.inputBias($0)] }
    recurrentBiases = indices.map { layout[ParameterName.recurrentBias($0)] }
    let (H, rows) = (configuration.hiddenSize, configuration.cell.gates * configuration.hiddenSize)
    recurrentTransposed = indices.map { _ in FloatBuffer(count: H * rows) }
    biases = indices.map { _ in FloatBuffer(count: rows) }
  }

  /// Brings one layer up to date. Layers can be prepared side by side.
  package func prepare(layer: Int, from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    let (H, rows) = (configuration.hiddenSize, configuration.cell.gates * configuration.hiddenSize)
    kernels.table.pointee.transpose(
      rows, H, recurrentTransposed[layer].pointer, parameters + recurrentWeights[layer].offset)
    let bias = biases[layer].pointer
    bias.update(from: parameters + inputBiases[layer].offset, count: rows)
    kernels.table.pointee.add(rows, bias, parameters + recurrentBiases[layer].offset)
  }

  /// Brings every layer up to date.
  package func prepareAll(from parameters: UnsafePointer<Float>, using kernels: KernelSet) {
    for layer in 0..<configuration.layers { prepare(layer: layer, from: parameters, using: kernels) }
  }
}
