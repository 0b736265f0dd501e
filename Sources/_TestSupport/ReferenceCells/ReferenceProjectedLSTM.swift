/// The LSTM with a recurrent projection, plainly: gates i, f, g, o; state h of P values and c of H.
public struct ReferenceProjectedLSTM: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int

  /// A layer with these tensors.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
  }

  /// h and c.
  public var stateWidths: [Int] { [tensors["weight_hr"].count / hiddenSize, hiddenSize] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let H = hiddenSize
    let gates = sum(
      product(tensors["weight_ih"], x), tensors["bias_ih"], product(tensors["weight_hh"], state[0]), tensors["bias_hh"])
    var shown = [Double](repeating: 0, count: H)
    for j in 0..<H {
      state[1][j] = sigmoid(gates[H + j]) * state[1][j] + sigmoid(gates[j]) * Double.tanh(gates[2 * H + j])
      shown[j] = sigmoid(gates[3 * H + j]) * Double.tanh(state[1][j])
    }
    state[0] = product(tensors["weight_hr"], shown)
    return state[0]
  }
}
