/// Compares gradients with central differences of the loss, element by element.
///
///     ∂loss/∂pᵢ ≈ (loss(p + h·eᵢ) − loss(p − h·eᵢ)) / 2h
///
/// In Double and with h = 10⁻⁵ the differences are good to about 10⁻¹⁰, so what is left is the gradient's own error.
public struct GradientCheck: Sendable {
  /// The element whose gradient lies farthest from its difference.
  public struct Finding: Sendable, CustomStringConvertible {
    /// The tensor's name.
    public var name: String
    /// The element's place in it.
    public var index: Int
    /// The gradient that was to be checked.
    public var gradient: Double
    /// The central difference.
    public var difference: Double
    /// The distance of the two over the larger of them, or over the floor; infinite where one is no number.
    public var relativeError: Double

    /// One line that names the element and carries the three numbers.
    public var description: String {
      "\(name)[\(index)]: gradient \(gradient), central difference \(difference), relative error \(relativeError)"
    }
  }

  /// h, how far an element is moved to each side.
  public var step: Double
  /// The size below which a gradient's error is measured absolutely, as a share of this.
  public var floor: Double

  /// A check with central differences over 2·`step`.
  public init(step: Double = 1e-5, floor: Double = 1e-3) {
    self.step = step
    self.floor = floor
  }

  /// The worst element of all.
  ///
  /// - Parameters:
  ///   - parameters: The tensors, in the order in which `loss` takes their elements.
  ///   - gradients: A gradient for each element of each tensor, in the same order.
  ///   - loss: The loss of all elements, one tensor after the other. What it does to them has no effect.
  /// - Returns: nil where there are no elements.
  /// - Complexity: Two losses for each element.
  public func worstElement(
    of parameters: [NamedValues], gradients: [[Double]], loss: (inout [Double]) -> Double
  ) -> Finding? {
    precondition(
      parameters.map(\.values.count) == gradients.map(\.count),
      "found \(gradients.map(\.count)) gradients, expected \(parameters.map(\.values.count))")
    let differences = self.differences(at: parameters.flatMap(\.values), loss: loss)
    var worst: Finding?
    var place = 0
    for (tensor, gradients) in zip(parameters, gradients) {
      for (index, gradient) in gradients.enumerated() {
        let difference = differences[place]
        place += 1
        let distance = abs(gradient - difference) / max(abs(gradient), abs(difference), floor)
        // A comparison with NaN is false: without this a NaN would pass for good.
        let error = distance.isNaN ? .infinity : distance
        if error >= worst?.relativeError ?? 0 {
          if let worst, worst.relativeError == error { continue }
          worst = Finding(
            name: tensor.name, index: index, gradient: gradient, difference: difference, relativeError: error)
        }
      }
    }
    return worst
  }

  /// The central difference of `loss` for each of `values`.
  public func differences(at values: [Double], loss: (inout [Double]) -> Double) -> [Double] {
    values.indices.map { index in
      var above = values
      above[index] += step
      var below = values
      below[index] -= step
      // The distance as it is after rounding, not 2h.
      let distance = above[index] - below[index]
      return (loss(&above) - loss(&below)) / distance
    }
  }
}
