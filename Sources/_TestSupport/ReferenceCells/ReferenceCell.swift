/// One layer's time step, written a second time, plainly, in Double: what the fast layers are judged by.
///
/// A cell works on one lane. It shares nothing with the layer that it judges; gradients come from ``GradientCheck``.
public protocol ReferenceCell {
  /// How wide each component of a lane's state is.
  var stateWidths: [Int] { get }
  /// What the layer gives for `x`; `state` becomes that after the step.
  func step(_ x: [Double], _ state: inout [[Double]]) -> [Double]
}

/// The tensors of one layer, by the names that they have without stack and layer, such as `weight_hh`.
public struct ReferenceTensors {
  private let values: [String: [Double]]

  /// Those of `parameters` that belong to the layer of the stack.
  public init(_ parameters: [NamedValues], stack: String = "rnn", layer: Int) {
    var values: [String: [Double]] = [:]
    for tensor in parameters where tensor.name.hasPrefix(stack + ".") && tensor.name.hasSuffix("_l\(layer)") {
      values[String(tensor.name.dropFirst(stack.count + 1).dropLast("_l\(layer)".count))] = tensor.values
    }
    self.values = values
  }

  /// The tensor of that name. It must exist.
  public subscript(role: String) -> [Double] {
    guard let found = values[role] else {
      preconditionFailure("found the tensors \(values.keys.sorted()), expected \(role) among them")
    }
    return found
  }
}

/// matrix · vector, the matrix row by row.
public func product(_ matrix: [Double], _ vector: [Double]) -> [Double] {
  (0..<matrix.count / vector.count).map { row in
    var sum = 0.0
    for column in vector.indices { sum += matrix[row * vector.count + column] * vector[column] }
    return sum
  }
}

/// The sum of vectors of equal length.
public func sum(_ vectors: [Double]...) -> [Double] {
  (vectors.first ?? []).indices.map { i in vectors.reduce(0) { $0 + $1[i] } }
}

/// 1 / (1 + e^−x).
public func sigmoid(_ x: Double) -> Double { Double.sigmoid(x) }
