package import TsuzuriKernels

/// A trained model: a configuration and its weights, which never change and may be shared among threads.
public final class LanguageModel: Sendable {
  /// What the model is.
  public let configuration: ModelConfiguration
  /// Where each tensor stands.
  public let layout: ParameterLayout
  package let parameters: FloatBuffer
  package let prepared: PreparedWeights
  /// The matrices as 8-bit integers, where the model has them so; ``parameters`` then holds the numbers that they stand for.
  package let quantizedWeights: QuantizedWeights?

  /// Takes a flat buffer of parameters, which nobody may write to any more.
  package init(
    _ configuration: ModelConfiguration, layout: ParameterLayout, parameters: FloatBuffer,
    quantizedWeights: QuantizedWeights? = nil
  ) {
    precondition(
      parameters.count == layout.bufferCount,
      "the parameters have \(parameters.count) values, expected \(layout.bufferCount)")
    self.configuration = configuration
    self.layout = layout
    self.parameters = parameters
    self.quantizedWeights = quantizedWeights
    prepared = PreparedWeights(configuration, layout: layout, for: .inference, quantized: quantizedWeights)
    prepared.prepareOnAllProcessors(from: parameters, using: .best)
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

  /// Whether the matrices are 8-bit integers.
  public var isQuantized: Bool { quantizedWeights != nil }

  /// The same model with its matrices as 8-bit integers, each row with a scale of its own; vectors stay as they are.
  ///
  /// It takes about a quarter of the memory and writes several times as fast, at the price of a slightly higher
  /// perplexity. Each product's left side is turned into 8-bit integers as it comes; the sums are exact.
  public func quantized() -> LanguageModel {
    if isQuantized { return self }
    let weights = QuantizedWeights(parameters.pointer, layout: layout)
    let copy = FloatBuffer(count: layout.bufferCount)
    copy.pointer.update(from: parameters.pointer, count: layout.bufferCount)
    weights.write(to: copy.pointer, layout: layout)
    return LanguageModel(configuration, layout: layout, parameters: copy, quantizedWeights: weights)
  }

  /// How many bytes of weights are read for each token of one sequence, the look-up of its embedding left out.
  public var bytesPerToken: Int { prepared.bytesPerToken }

  /// Whether a token's products take so long that threads should share them.
  var isWorthSharing: Bool { bytesPerToken > 1 << 20 }

  /// The number of parameters.
  public var parameterCount: Int { layout.parameterCount }

  /// The values of one tensor, row-major.
  ///
  /// - Precondition: the model has a tensor of that name. ``layout`` lists them.
  public func values(of name: String) -> [Float] {
    let slice = layout[name]
    return Array(UnsafeBufferPointer(start: parameters.pointer + slice.offset, count: slice.count))
  }
}
