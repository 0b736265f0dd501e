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
    let (V, E) = (configuration.vocabularySize, configuration.embeddingSize)
    append(ParameterName.embedding, [V, E])
    for stack in configuration.stacks {
      for layer in 0..<configuration.layers {
        for tensor in configuration.layerType.tensors(LayerShape(configuration, index: layer)) {
          append(ParameterName.recurrent(stack, tensor.role, layer), tensor.shape)
        }
      }
    }
    if configuration.projectsFeatures { append(ParameterName.projection, [E, configuration.outputSize]) }
    if let clusters = configuration.adaptiveClusters {
      for tensor in clusters.tensors { append(tensor.name, tensor.shape) }
    } else {
      if !configuration.tiesEmbeddings {
        for name in ParameterName.outputs(configuration) { append(name, [V, configuration.outputSize]) }
      }
      append(ParameterName.outputBias, [V])
    }
    // Behind all others, whose starting weights depend on their place.
    if configuration.learnsInitialState {
      for stack in configuration.stacks {
        for layer in 0..<configuration.layers {
          let widths = configuration.layerType.stateWidths(LayerShape(configuration, index: layer))
          for (role, width) in zip(StateBeginning.roles, widths) {
            append(ParameterName.recurrent(stack, role, layer), [width])
          }
        }
      }
    }
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
  /// From the width of a layer's output to that of a tied embedding.
  package static let projection = "projection.weight"
  package static let outputWeight = "output.weight"
  /// Those of a model with two stacks.
  package static let forwardOutputWeight = "output.forward.weight"
  package static let backwardOutputWeight = "output.backward.weight"
  package static let outputBias = "output.bias"
  /// The head of an adaptive softmax.
  package static let headWeight = "output.head.weight"
  package static let headBias = "output.head.bias"
  /// The matrices of a cluster: 0 brings to its width, 1 predicts its tokens.
  package static func tail(_ cluster: Int, _ part: Int) -> String { "output.tail.\(cluster).\(part).weight" }
  /// The matrices of the output projection: one for each stack, or those of head and clusters.
  package static func outputs(_ configuration: ModelConfiguration) -> [String] {
    if let clusters = configuration.adaptiveClusters {
      return clusters.tensors.filter { $0.shape.count == 2 }.map(\.name)
    }
    if configuration.isBidirectional { return [forwardOutputWeight, backwardOutputWeight] }
    return [configuration.tiesEmbeddings ? embedding : outputWeight]
  }
  /// The bias of the output projection: of all tokens, or of the head's.
  package static func outputBias(_ configuration: ModelConfiguration) -> String {
    configuration.adaptiveCutoffs.isEmpty ? outputBias : headBias
  }
  /// A tensor of a recurrent layer, such as `rnn.weight_hh_l0`.
  package static func recurrent(_ stack: String, _ role: String, _ layer: Int) -> String {
    "\(stack).\(role)_l\(layer)"
  }
}
