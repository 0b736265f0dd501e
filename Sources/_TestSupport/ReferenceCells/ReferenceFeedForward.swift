/// The feed-forward layer, plainly: state, the begun sums of the next N − 1 steps.
public struct ReferenceFeedForward: ReferenceCell {
  private let tensors: ReferenceTensors
  private let hiddenSize: Int
  private let context: Int

  /// A layer with these tensors, which sees `context` inputs.
  public init(_ tensors: ReferenceTensors, hiddenSize: Int, context: Int) {
    self.tensors = tensors
    self.hiddenSize = hiddenSize
    self.context = context
  }

  /// The begun sums.
  public var stateWidths: [Int] { context > 1 ? [(context - 1) * hiddenSize] : [] }

  /// One step by the equations.
  public func step(_ x: [Double], _ state: inout [[Double]]) -> [Double] {
    let products = product(tensors["weight_ih"], x)
    // This step's sum comes to the front, and a fresh one to the end.
    let begun = (state.first ?? []) + [Double](repeating: 0, count: hiddenSize)
    let sums = sum(begun, products)
    if context > 1 { state[0] = Array(sums[hiddenSize...]) }
    return sum(Array(sums[..<hiddenSize]), tensors["bias_ih"]).map(Double.tanh)
  }
}
