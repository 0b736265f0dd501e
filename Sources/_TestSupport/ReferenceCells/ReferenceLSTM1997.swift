/// The LSTM without a forget gate, plainly: gates i, g, o; state h, c.
public struct ReferenceLSTM1997: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int

  /// A layer with these tensors.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
  }

  /// h and c.
  public var stateWidths: [Int] { [hiddenSize, hiddenSize] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let H = hiddenSize
    let gates = sum(
      product(tensors["weight_ih"], x), tensors["bias_ih"], product(tensors["weight_hh"], state[0]), tensors["bias_hh"])
    for j in 0..<H {
      state[1][j] += sigmoid(gates[j]) * Double.tanh(gates[H + j])
      state[0][j] = sigmoid(gates[2 * H + j]) * Double.tanh(state[1][j])
    }
    return state[0]
  }
}
