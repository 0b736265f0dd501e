internal import Foundation
internal import TsuzuriKernels

/// Remember ten symbols over a long pause, then say them.
///
/// A sequence of D + 20 steps: ten symbols, each drawn from eight; D − 1 blanks; a mark; ten blanks. To be predicted are
/// blanks at first and, at the last ten steps, the ten symbols. Every step is scored, so a model that has understood the
/// task but remembers nothing, which says blank at D + 10 steps and then guesses, has a mean loss of
///
///     10 · ln 8 / (D + 20)
///
/// - Shape: inputs and targets [D + 20].
///
/// Source: Hochreiter & Schmidhuber 1997, experiment 2 is of this kind; in this setting, Arjovsky, Shah & Bengio 2016,
/// section 5.1.
struct CopyTask: Hashable, Sendable {
  /// How many different symbols there are; their ids begin at 0.
  static let symbols: Int32 = 8
  /// How many are to be remembered.
  static let length = 10
  /// The id of a blank.
  static let blank: Int32 = 8
  /// The id of the mark after which the symbols are asked for.
  static let mark: Int32 = 9
  /// The number of ids.
  static let vocabularySize = 10

  /// D: how many steps lie between a symbol's end and its repetition.
  let delay: Int

  /// The steps of a sequence.
  var steps: Int { delay + 2 * Self.length }

  /// The mean loss of a model that remembers nothing.
  var baseline: Double { Double(Self.length) * log(Double(Self.symbols)) / Double(steps) }

  /// Draws a sequence.
  ///
  /// - Parameter stride: how far apart two steps of the sequence stand in memory.
  func draw(
    inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>, stride: Int,
    using generator: inout CounterBasedGenerator
  ) {
    for t in 0..<steps {
      inputs[t * stride] = Self.blank
      targets[t * stride] = Self.blank
    }
    for n in 0..<Self.length {
      let symbol = Int32.random(in: 0..<Self.symbols, using: &generator)
      inputs[n * stride] = symbol
      targets[(steps - Self.length + n) * stride] = symbol
    }
    inputs[(steps - Self.length - 1) * stride] = Self.mark
  }
}
