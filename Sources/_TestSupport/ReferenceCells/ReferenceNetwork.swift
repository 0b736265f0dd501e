/// A language model of any cells, plainly, in Double: embedding → layers → projection → cross-entropy.
///
/// - Shape: ids [T, B]; states [component][B · width], the components of all layers numbered through.
public struct ReferenceNetwork {
  private let embedding, projection, bias: [Double]
  private let cells: [any ReferenceCell]
  private let isResidual: Bool

  /// - Parameters:
  ///   - parameters: all tensors; without `output.weight` the embedding serves as output, too.
  ///   - isResidual: whether each layer above the first adds its input to its output.
  ///   - cells: the layers, the lowest first.
  public init(_ parameters: [NamedValues], isResidual: Bool = false, cells: [any ReferenceCell]) {
    let named = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.values) })
    guard let embedding = named["embedding.weight"], let bias = named["output.bias"] else {
      preconditionFailure("found the tensors \(parameters.map(\.name)), expected embedding.weight and output.bias")
    }
    self.embedding = embedding
    self.bias = bias
    projection = named["output.weight"] ?? embedding
    self.cells = cells
    self.isResidual = isResidual
  }

  /// The widths of all components of the state.
  public var stateWidths: [Int] { cells.flatMap(\.stateWidths) }

  /// What the last layer gives at every place [T·B][output size]; `state` becomes that after the window.
  public func features(inputs: [Int32], batchSize: Int, state: inout [[Double]]) -> [[Double]] {
    let V = bias.count
    let E = embedding.count / V
    return inputs.enumerated().map { place, id in
      let lane = place % batchSize
      var x = Array(embedding[Int(id) * E..<(Int(id) + 1) * E])
      var first = 0
      for (k, cell) in cells.enumerated() {
        let widths = cell.stateWidths
        var own = widths.indices.map { n in Array(state[first + n][lane * widths[n]..<(lane + 1) * widths[n]]) }
        let output = cell.step(x, &own)
        for (n, width) in widths.enumerated() {
          state[first + n].replaceSubrange(lane * width..<(lane + 1) * width, with: own[n])
        }
        x = isResidual && k > 0 ? sum(output, x) : output
        first += widths.count
      }
      return x
    }
  }

  /// −log softmax(logits)[target] of every place [T, B], in nats; `state` becomes that after the window.
  public func losses(inputs: [Int32], targets: [Int32], batchSize: Int, state: inout [[Double]]) -> [Double] {
    zip(features(inputs: inputs, batchSize: batchSize, state: &state), targets).map { features, target in
      let logits = sum(product(projection, features), bias)
      let maximum = logits.max() ?? 0
      return Double.log(logits.reduce(0) { $0 + Double.exp($1 - maximum) }) - (logits[Int(target)] - maximum)
    }
  }
}
