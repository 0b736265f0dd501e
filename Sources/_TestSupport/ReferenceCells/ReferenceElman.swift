/// The plain recurrent network, plainly: state h.
public struct ReferenceElman: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int
  private let rectifies: Bool

  /// A layer with these tensors, with tanh or with max(0, ·).
  public init(_ tensors: ReferenceTensors, hiddenSize: Int, rectifies: Bool = false) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
    self.rectifies = rectifies
  }

  /// h.
  public var stateWidths: [Int] { [hiddenSize] }

  /// One step by the equation.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let sums = sum(
      product(tensors["weight_ih"], x), tensors["bias_ih"], product(tensors["weight_hh"], state[0]), tensors["bias_hh"])
    state[0] = sums.map { rectifies ? max(0, $0) : Double.tanh($0) }
    return state[0]
  }
}
