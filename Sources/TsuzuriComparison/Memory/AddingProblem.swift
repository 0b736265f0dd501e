internal import TsuzuriKernels

/// Add the two marked numbers of a long row.
///
/// At each of T steps the input is a pair: a value drawn from 0 ..< 1, and a marker that is 1 at one step of the first
/// half and at one of the second, and 0 elsewhere. After the last step the sum of the two marked values is to be told.
/// The loss is the squared error, and a model that always says 1 has on average
///
///     Var(u₁ + u₂) = 2 · 1/12 = 1/6
///
/// - Shape: inputs [T, 2]; one target.
///
/// Source: Hochreiter & Schmidhuber 1997, experiment 4; in this setting, Le, Jaitly & Hinton 2015, section 4.1.
struct AddingProblem: Hashable, Sendable {
  /// The numbers of an input.
  static let inputSize = 2
  /// The mean loss of a model that always says 1.
  static let baseline = 1.0 / 6

  /// T, the steps of a sequence.
  let steps: Int

  /// Draws a sequence and returns the sum that is asked for.
  ///
  /// - Parameter stride: how far apart two steps of the sequence stand in memory, in pairs.
  func draw(
    inputs: UnsafeMutablePointer<Float>, stride: Int, using generator: inout CounterBasedGenerator
  ) -> Float {
    let first = Int.random(in: 0..<steps / 2, using: &generator)
    let second = Int.random(in: steps / 2..<steps, using: &generator)
    var sum: Float = 0
    for t in 0..<steps {
      let value = Float(generator.nextUniform())
      let isMarked = t == first || t == second
      inputs[t * stride * Self.inputSize] = value
      inputs[t * stride * Self.inputSize + 1] = isMarked ? 1 : 0
      if isMarked { sum += value }
    }
    return sum
  }
}
