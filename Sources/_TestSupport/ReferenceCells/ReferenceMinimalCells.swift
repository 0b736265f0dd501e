/// The minimal GRU, plainly: gates z, n; state h.
public struct ReferenceMinGRU: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int

  /// A layer with these tensors.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
  }

  /// h.
  public var stateWidths: [Int] { [hiddenSize] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let gates = sum(product(tensors["weight_ih"], x), tensors["bias_ih"])
    for j in 0..<hiddenSize {
      let z = sigmoid(gates[j])
      state[0][j] = (1 - z) * state[0][j] + z * gates[hiddenSize + j]
    }
    return state[0]
  }
}

/// The minimal LSTM, plainly: gates f, i, n; state h.
public struct ReferenceMinLSTM: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int

  /// A layer with these tensors.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
  }

  /// h.
  public var stateWidths: [Int] { [hiddenSize] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let gates = sum(product(tensors["weight_ih"], x), tensors["bias_ih"])
    for j in 0..<hiddenSize {
      let (f, i) = (sigmoid(gates[j]), sigmoid(gates[hiddenSize + j]))
      state[0][j] = f / (f + i) * state[0][j] + i / (f + i) * gates[2 * hiddenSize + j]
    }
    return state[0]
  }
}
