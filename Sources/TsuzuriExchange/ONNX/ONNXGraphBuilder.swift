internal import Foundation

/// A graph in the making: nodes in the order in which they compute, and the values they take.
struct ONNXGraphBuilder {
  /// A setting of an operator.
  enum Setting {
    case whole(Int)
    case wholes([Int])
    case texts([String])
  }

  /// A size of an input or output.
  enum Size {
    case fixed(Int)
    /// Chosen by each call.
    case named(String)
  }

  private(set) var graph = ONNXGraph()

  init(name: String) { graph.name = name }

  /// Adds an operator at work. An empty input leaves an optional one out.
  mutating func add(
    _ type: String, _ inputs: [String], to outputs: [String], _ settings: [(String, Setting)] = []
  ) {
    var node = ONNXNode()
    node.opType = type
    node.input = inputs
    node.output = outputs
    node.name = "\(type) \(outputs.first { !$0.isEmpty } ?? "")"
    node.attribute = settings.map { name, setting in
      var attribute = ONNXAttribute()
      attribute.name = name
      switch setting {
      case .whole(let value):
        attribute.kind = .int
        attribute.i = Int64(value)
      case .wholes(let values):
        attribute.kind = .ints
        attribute.ints = values.map(Int64.init)
      case .texts(let values):
        attribute.kind = .strings
        attribute.strings = values.map { Data($0.utf8) }
      }
      return attribute
    }
    graph.node.append(node)
  }

  /// Adds weights.
  mutating func addWeights(_ name: String, shape: [Int], _ values: [Float]) {
    precondition(
      values.count == shape.reduce(1, *), "\(name) has \(values.count) values, but the shape \(shape)")
    addTensor(name, shape, .float32, values.withUnsafeBytes { Data($0) })
  }

  /// Adds a list of whole numbers, such as axes.
  mutating func addWholes(_ name: String, _ values: [Int]) {
    addTensor(name, [values.count], .int64, values.map(Int64.init).withUnsafeBytes { Data($0) })
  }

  /// Adds a value that each call gives.
  mutating func addInput(_ name: String, _ type: ONNXElementType, _ shape: [Size], _ meaning: String) {
    graph.input.append(Self.value(name, type, shape, meaning))
  }

  /// Adds a value that each call gets.
  mutating func addOutput(_ name: String, _ type: ONNXElementType, _ shape: [Size], _ meaning: String) {
    graph.output.append(Self.value(name, type, shape, meaning))
  }

  private mutating func addTensor(_ name: String, _ shape: [Int], _ type: ONNXElementType, _ bytes: Data) {
    #if _endian(big)
      #error("ONNX's raw data are little endian; on this processor the values would have to be turned round")
    #endif
    var tensor = ONNXTensor()
    tensor.name = name
    tensor.dims = shape.map(Int64.init)
    tensor.dataType = Int32(type.rawValue)
    tensor.rawData = bytes
    graph.initializer.append(tensor)
  }

  private static func value(
    _ name: String, _ type: ONNXElementType, _ shape: [Size], _ meaning: String
  ) -> ONNXValue {
    var value = ONNXValue()
    value.name = name
    value.docString = meaning
    value.type.tensorType.elemType = Int32(type.rawValue)
    value.type.tensorType.shape.dim = shape.map { size in
      var dimension = ONNXDimension()
      switch size {
      case .fixed(let size): dimension.fixed = Int64(size)
      case .named(let name): dimension.named = name
      }
      return dimension
    }
    return value
  }
}
