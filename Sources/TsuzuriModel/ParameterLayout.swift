/// Where each tensor of a model stands in the one flat buffer that holds them all.
///
/// Gradients and the optimizer's moments are buffers of the same layout, so that clipping, updating, reducing and
/// saving are each one loop. Every slice begins at a multiple of 16 elements, a cache line; the gaps stay zero.
public struct ParameterLayout: Sendable, Hashable {
  /// One tensor's place.
  public struct Slice: Sendable, Hashable {
    /// PyTorch's name, such as `rnn.weight_hh_l0`.
    public let name: String
    /// Rows and columns, or the one length of a vector.
    public let shape: [Int]
    /// The index of its first element in the flat buffer.
    public let offset: Int
    /// The number of its elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// The tensors, in the order in which they stand.
  public let slices: [Slice]
  /// The flat buffer's length, gaps included.
  public let bufferCount: Int
  /// The number of parameters, gaps not counted.
  public var parameterCount: Int { slices.reduce(0) { $0 + $1.count } }

  /// The layout of a model of that configuration.
  public init(_ configuration: ModelConfiguration) {
    var slices: [Slice] = []
    var end = 0
    func append(_ name: String, _ shape: [Int]) {
      let slice = Slice(name: name, shape: shape, offset: end)
      slices.append(slice)
      end += (slice.count + 15) / 16 * 16
    }
    let (V, E, H) = (configuration.vocabularySize, configuration.embeddingSize, configuration.hiddenSize)
    append(ParameterName.embedding, [V, E])
    for layer in 0..<configuration.layers {
      let rows = configuration.cell.gates * H
      append(ParameterName.inputWeight(layer), [rows, layer == 0 ? E : H])
      append(ParameterName.recurrentWeight(layer), [rows, H])
      append(ParameterName.inputBias(layer), [rows])
      append(ParameterName.recurrentBias(layer), [rows])
    }
    if !configuration.tiesEmbeddings { append(ParameterName.outputWeight, [V, H]) }
    append(ParameterName.outputBias, [V])
    self.slices = slices
    bufferCount = end
  }

  /// The tensor of that name. It must exist.
  public subscript(name: String) -> Slice {
    guard let slice = slices.first(where: { $0.name == name }) else {
      preconditionFailure("the layout has no tensor \(name)")
    }
    return slice
  }
}

/// The tensors' names, PyTorch's.
package enum ParameterName {
  package static let embedding = "embedding.weight"
  package static let outputWeight = "output.weight"
  package static let outputBias = "output.bias"
  package static func inputWeight(_ layer: Int) -> String { "rnn.weight_ih_l\(layer)" }
  package static func recurrentWeight(_ layer: Int) -> String { "rnn.weight_hh_l\(layer)" }
  package static func inputBias(_ layer: Int) -> String { "rnn.bias_ih_l\(layer)" }
  package static func recurrentBias(_ layer: Int) -> String { "rnn.bias_hh_l\(layer)" }
}
