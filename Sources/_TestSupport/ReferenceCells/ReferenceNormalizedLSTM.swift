/// The LSTM with layer normalisation, plainly: gates i, f, g, o; state h, c.
public struct ReferenceNormalizedLSTM: ReferenceCell {
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
      normalized(product(tensors["weight_ih"], x), gain: tensors["gain_ih"]), tensors["bias_ih"],
      normalized(product(tensors["weight_hh"], state[0]), gain: tensors["gain_hh"]), tensors["bias_hh"])
    for j in 0..<H {
      state[1][j] = sigmoid(gates[H + j]) * state[1][j] + sigmoid(gates[j]) * Double.tanh(gates[2 * H + j])
    }
    let shown = sum(normalized(state[1], gain: tensors["gain_c"]), tensors["bias_c"])
    for j in 0..<H { state[0][j] = sigmoid(gates[3 * H + j]) * Double.tanh(shown[j]) }
    return state[0]
  }

  private func normalized(_ values: [Double], gain: [Double]) -> [Double] {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return zip(values, gain).map { $1 * ($0 - mean) / (variance + 1e-5).squareRoot() }
  }
}
