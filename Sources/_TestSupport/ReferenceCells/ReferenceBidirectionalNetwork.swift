/// A model of two stacks of any cells, plainly, in Double: each place is predicted from what stands before it and what stands
/// after it.
///
/// It is written lane by lane and place by place, without reversed windows: for each place the backward cells read anew
/// all that stands on its right.
///
/// - Shape: ids [T, B]; states [component][B · width], the forward stack's only.
public struct ReferenceBidirectionalNetwork {
  /// −log softmax(logits)[target] of every place [T, B], in nats.
  public struct Losses {
    /// From both directions, from the forward and from the backward one.
    public var joint, forward, backward: [Double]

    /// What training minimises: the mean over the places of all three.
    public var minimised: Double { (joint + forward + backward).reduce(0, +) / Double(joint.count) }
  }

  private let embedding, forwardWeight, backwardWeight, bias: [Double]
  private let forwardCells, backwardCells: [any ReferenceCell]
  private let isResidual: Bool
  private let backwardStart: [[Double]]?

  /// - Parameters:
  ///   - parameters: all tensors.
  ///   - isResidual: whether each layer above the first adds its input to its output.
  ///   - forwardCells: the layers of the forward stack, the lowest first.
  ///   - backwardCells: those of the backward stack.
  ///   - backwardStart: the state [component][width] that the backward stack begins from; nil for zeros.
  public init(
    _ parameters: [NamedValues], isResidual: Bool = false, forwardCells: [any ReferenceCell],
    backwardCells: [any ReferenceCell], backwardStart: [[Double]]? = nil
  ) {
    let named = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.values) })
    func values(_ name: String) -> [Double] {
      guard let found = named[name] else {
        preconditionFailure("found the tensors \(parameters.map(\.name)), expected \(name) among them")
      }
      return found
    }
    embedding = values("embedding.weight")
    forwardWeight = values("output.forward.weight")
    backwardWeight = values("output.backward.weight")
    bias = values("output.bias")
    self.forwardCells = forwardCells
    self.backwardCells = backwardCells
    self.isResidual = isResidual
    self.backwardStart = backwardStart
  }

  /// The losses; `state` becomes the forward stack's after the window.
  ///
  /// - Parameter targets: [T, B], the token after each of `inputs`.
  public func losses(inputs: [Int32], targets: [Int32], batchSize: Int, state: inout [[Double]]) -> Losses {
    let T = inputs.count / batchSize
    var losses = Losses(
      joint: [Double](repeating: 0, count: inputs.count), forward: [Double](repeating: 0, count: inputs.count),
      backward: [Double](repeating: 0, count: inputs.count))
    for lane in 0..<batchSize {
      let tokens = [inputs[lane]] + (0..<T).map { targets[$0 * batchSize + lane] }
      let widths = forwardCells.flatMap(\.stateWidths)
      var own = widths.indices.map { n in Array(state[n][lane * widths[n]..<(lane + 1) * widths[n]]) }
      for t in 0..<T {
        let fromLeft = product(forwardWeight, read(tokens[t], forwardCells, &own))
        var fresh =
          backwardStart ?? backwardCells.flatMap(\.stateWidths).map { [Double](repeating: 0, count: $0) }
        var fromRight = [Double](repeating: 0, count: bias.count)
        // All that stands behind the predicted token t + 1, the last first.
        for place in stride(from: T, to: t + 1, by: -1) {
          fromRight = product(backwardWeight, read(tokens[place], backwardCells, &fresh))
        }
        let (place, target) = (t * batchSize + lane, Int(tokens[t + 1]))
        losses.joint[place] = Self.loss(sum(fromLeft, fromRight, bias), target)
        losses.forward[place] = Self.loss(sum(fromLeft, bias), target)
        losses.backward[place] = Self.loss(sum(fromRight, bias), target)
      }
      for (n, width) in widths.enumerated() {
        state[n].replaceSubrange(lane * width..<(lane + 1) * width, with: own[n])
      }
    }
    return losses
  }

  /// What the last of `cells` gives when the token is read; `state` becomes that after it.
  private func read(_ id: Int32, _ cells: [any ReferenceCell], _ state: inout [[Double]]) -> [Double] {
    let E = embedding.count / bias.count
    var x = Array(embedding[Int(id) * E..<(Int(id) + 1) * E])
    var first = 0
    for (k, cell) in cells.enumerated() {
      let range = first..<first + cell.stateWidths.count
      var own = Array(state[range])
      let output = cell.step(x, &own)
      state.replaceSubrange(range, with: own)
      x = isResidual && k > 0 ? sum(output, x) : output
      first = range.upperBound
    }
    return x
  }

  private static func loss(_ logits: [Double], _ target: Int) -> Double {
    let maximum = logits.max() ?? 0
    return Double.log(logits.reduce(0) { $0 + Double.exp($1 - maximum) }) - (logits[target] - maximum)
  }
}
