/// The gated recurrent unit, plainly: gates r, z, n; state h.
public struct ReferenceGRU: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int
  private let resetsBefore: Bool

  /// A layer with these tensors, with the reset gate after the recurrent product or before it.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int, resetsBefore: Bool = false) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
    self.resetsBefore = resetsBefore
  }

  /// h.
  public var stateWidths: [Int] { [hiddenSize] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let (H, before) = (hiddenSize, state[0])
    func block(_ values: [Double], _ gate: Int) -> [Double] {
      Array(values[gate * values.count / 3..<(gate + 1) * values.count / 3])
    }
    func fromState(_ gate: Int, _ h: [Double]) -> [Double] {
      sum(product(block(tensors["weight_hh"], gate), h), block(tensors["bias_hh"], gate))
    }
    let fromInput = sum(product(tensors["weight_ih"], x), tensors["bias_ih"])
    let r = sum(block(fromInput, 0), fromState(0, before)).map { sigmoid($0) }
    let z = sum(block(fromInput, 1), fromState(1, before)).map { sigmoid($0) }
    let recurrent =
      resetsBefore
      ? fromState(2, zip(r, before).map { $0 * $1 }) : zip(r, fromState(2, before)).map { $0 * $1 }
    let n = sum(block(fromInput, 2), recurrent).map { Double.tanh($0) }
    state[0] = (0..<H).map { (1 - z[$0]) * n[$0] + z[$0] * before[$0] }
    return state[0]
  }
}
