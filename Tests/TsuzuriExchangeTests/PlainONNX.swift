import Foundation

@testable import TsuzuriExchange

/// Numbers with a shape, the last dimension fastest.
struct PlainTensor: Equatable {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values, but the shape \(shape)")
    self.shape = shape
    self.values = values
  }

  /// The elements with the dimensions in another order.
  func transposed(_ order: [Int]) -> PlainTensor {
    let newShape = order.map { shape[$0] }
    var strides = [Int](repeating: 1, count: shape.count)
    for d in shape.indices.dropLast().reversed() { strides[d] = strides[d + 1] * shape[d + 1] }
    let result = values.indices.map { index -> Double in
      var (rest, source) = (index, 0)
      for d in newShape.indices.reversed() {
        source += rest % newShape[d] * strides[order[d]]
        rest /= newShape[d]
      }
      return values[source]
    }
    return PlainTensor(newShape, result)
  }
}

/// The operators that an exported graph is made of, plainly, in Double, as ONNX defines them.
///
/// Source: onnx.ai/onnx/operators; the equations stand beside each.
struct PlainONNX {
  let graph: ONNXGraph

  /// Runs the graph; gives all its values by name.
  func run(_ inputs: [String: PlainTensor]) -> [String: PlainTensor] {
    var values = inputs
    for tensor in graph.initializer { values[tensor.name] = Self.tensor(tensor) }
    for node in graph.node {
      let arguments = node.input.map { values[$0] }
      for (name, result) in zip(node.output, Self.compute(node, arguments)) where !name.isEmpty {
        precondition(values[name] == nil, "\(name) is made twice")
        values[name] = result
      }
    }
    return values
  }

  /// An initializer's values.
  static func tensor(_ tensor: ONNXTensor) -> PlainTensor {
    let shape = tensor.dims.map { Int($0) }
    let values: [Double] = tensor.rawData.withUnsafeBytes { bytes in
      tensor.dataType == 7
        ? (0..<bytes.count / 8).map { Double(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
        : (0..<bytes.count / 4).map { Double(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
    }
    return PlainTensor(shape, values)
  }

  private static func compute(_ node: ONNXNode, _ inputs: [PlainTensor?]) -> [PlainTensor] {
    func input(_ index: Int) -> PlainTensor {
      guard index < inputs.count, let input = inputs[index] else {
        preconditionFailure("\(node.name) has no input \(index)")
      }
      return input
    }
    let settings = Dictionary(uniqueKeysWithValues: node.attribute.map { ($0.name, $0) })
    switch node.opType {
    case "Transpose": return [input(0).transposed(settings["perm"].map { $0.ints.map { Int($0) } } ?? [])]
    case "Gather":
      let (data, ids) = (input(0), input(1))
      let width = data.shape[1]
      return [
        PlainTensor(ids.shape + [width], ids.values.flatMap { data.values[Int($0) * width..<(Int($0) + 1) * width] })
      ]
    case "Split":
      let (whole, counts) = (input(0), input(1).values.map { Int($0) })
      let size = whole.values.count / whole.shape[0]
      var start = 0
      return counts.map { count in
        defer { start += count }
        return PlainTensor(
          [count] + whole.shape.dropFirst(), Array(whole.values[start * size..<(start + count) * size]))
      }
    case "Concat":
      precondition(settings["axis"]?.i == 0, "only the first axis is joined")
      let parts = inputs.indices.map(input)
      return [
        PlainTensor(
          [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst(), parts.flatMap(\.values))
      ]
    case "Squeeze":
      var shape = input(0).shape
      precondition(shape.remove(at: Int(input(1).values[0])) == 1, "a squeezed axis has the size 1")
      return [PlainTensor(shape, input(0).values)]
    case "MatMul":
      let (a, b) = (input(0), input(1))
      let (inner, columns) = (b.shape[0], b.shape[1])
      let rows = a.values.count / inner
      var product = [Double](repeating: 0, count: rows * columns)
      for r in 0..<rows {
        for k in 0..<inner {
          for c in 0..<columns { product[r * columns + c] += a.values[r * inner + k] * b.values[k * columns + c] }
        }
      }
      return [PlainTensor(a.shape.dropLast() + [columns], product)]
    case "Add":
      let (a, b) = (input(0), input(1))
      return [PlainTensor(a.shape, a.values.indices.map { a.values[$0] + b.values[$0 % b.values.count] })]
    case "RNN", "LSTM", "GRU":
      return PlainRecurrence(node.opType, settings, inputs).run()
    default: preconditionFailure("no exported graph has the operator \(node.opType)")
    }
  }
}
