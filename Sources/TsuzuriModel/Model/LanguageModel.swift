package import TsuzuriKernels

/// A trained model: a configuration and its weights, which never change and may be shared among threads.
public final class LanguageModel: Sendable {
  /// What the model is.
  public let configuration: ModelConfiguration
  /// Where each tensor stands.
  public let layout: ParameterLayout
  package let parameters: FloatBuffer
  package let prepared: PreparedWeights

  /// Takes a flat buffer of parameters, which nobody may write to any more.
  package init(_ configuration: ModelConfiguration, layout: ParameterLayout, parameters: FloatBuffer) {
    precondition(
      parameters.count == layout.bufferCount,
      "the parameters have \(parameters.count) values, expected \(layout.bufferCount)")
    self.configuration = configuration
    self.layout = layout
    self.parameters = parameters
    prepared = PreparedWeights(configuration, layout: layout, for: .inference)
    prepared.prepareAll(from: parameters.pointer, using: .best)
  }

  /// A model before its first training step.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(field:expected:found:)``.
  public convenience init(untrained configuration: ModelConfiguration, seed: UInt64 = 1) throws(ModelError) {
    try configuration.validate()
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    ParameterInitialization.fill(parameters.pointer, layout: layout, configuration: configuration, seed: seed)
    self.init(configuration, layout: layout, parameters: parameters)
  }

  /// The number of parameters.
  public var parameterCount: Int { layout.parameterCount }

  /// The values of one tensor, row-major.
  public func values(of name: String) -> [Float] {
    let slice = layout[name]
    return Array(UnsafeBufferPointer(start: parameters.pointer + slice.offset, count: slice.count))
  }
}
