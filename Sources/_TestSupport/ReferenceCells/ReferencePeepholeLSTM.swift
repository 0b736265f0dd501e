/// The LSTM whose gates see the cell, plainly: gates i, f, g, o; state h, c.
public struct ReferencePeepholeLSTM: ReferenceCell {
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
      let before = state[1][j]
      let i = sigmoid(gates[j] + tensors["weight_ci"][j] * before)
      let f = sigmoid(gates[H + j] + tensors["weight_cf"][j] * before)
      let now = f * before + i * Double.tanh(gates[2 * H + j])
      let o = sigmoid(gates[3 * H + j] + tensors["weight_co"][j] * now)
      (state[0][j], state[1][j]) = (o * Double.tanh(now), now)
    }
    return state[0]
  }
}
