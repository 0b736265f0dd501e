import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// Each kernel of each instruction set against a plain loop in Double, at sizes around the vectors' widths.
struct KernelTests {
  static let sizes = [0, 1, 3, 7, 15, 16, 17, 63, 64, 65, 257]

  /// Numbers in ±range by formula.
  func numbers(_ count: Int, range: Float = 3, seed: Float = 0) -> [Float] {
    (0..<count).map { range * sin(0.9 * Float($0) + 0.37 * Float($0 % 7) + seed) }
  }

  @Test(arguments: KernelSet.available, sizes)
  func transcendentalFunctionsAreWithinTheirBounds(set: KernelSet, size: Int) {
    var exponentials = numbers(size, range: 80)
    let input = exponentials
    set.table.pointee.exponential(size, &exponentials)
    for (x, y) in zip(input, exponentials) { #expect(ulps(y, exp(Double(x))) <= 2, "exp(\(x))") }
    var sigmoids = input
    set.table.pointee.sigmoid(size, &sigmoids)
    for (x, y) in zip(input, sigmoids) { #expect(ulps(y, 1 / (1 + exp(-Double(x)))) <= 4, "sigmoid(\(x))") }
    var tangents = numbers(size, range: 4)
    let small = tangents
    set.table.pointee.hyperbolic_tangent(size, &tangents)
    for (x, y) in zip(small, tangents) { #expect(ulps(y, tanh(Double(x))) <= 4, "tanh(\(x))") }
  }

  @Test(arguments: KernelSet.available)
  func infinitiesAndNaNComeOutAsTheyShould(set: KernelSet) {
    let inputs: [Float] = [.infinity, -.infinity, .nan, 1e30, -1e30, 0, -0.0, 89, -104, 1e-30]
    func apply(_ kernel: (Int, UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      var values = inputs
      kernel(values.count, &values)
      return values
    }
    let e = apply { set.table.pointee.exponential($0, $1) }
    #expect(e[0] == .infinity && e[1] == 0 && e[2].isNaN && e[3] == .infinity && e[4] == 0 && e[5] == 1 && e[6] == 1)
    #expect(e[7] == .infinity && e[8] == 0 && e[9] == 1)
    let s = apply { set.table.pointee.sigmoid($0, $1) }
    #expect(s[0] == 1 && s[1] == 0 && s[2].isNaN && s[3] == 1 && s[4] == 0 && s[5] == 0.5 && s[6] == 0.5)
    #expect(s[7] == 1 && s[8] == 0 && s[9] == 0.5)
    let t = apply { set.table.pointee.hyperbolic_tangent($0, $1) }
    #expect(t[0] == 1 && t[1] == -1 && t[2].isNaN && t[3] == 1 && t[4] == -1 && t[5] == 0 && t[9] == 1e-30)
  }

  @Test(arguments: KernelSet.available, sizes)
  func anLSTMStepEqualsItsEquations(set: KernelSet, hidden: Int) {
    let rows = 3
    let sums = numbers(rows * 4 * hidden, range: 4)
    let bias = numbers(4 * hidden, seed: 1)
    let before = numbers(rows * hidden, seed: 2)
    var (gates, c, h) = (sums, [Float](repeating: 0, count: rows * hidden), [Float](repeating: 0, count: rows * hidden))
    set.table.pointee.lstm_forward(rows, hidden, &gates, bias, before, &c, &h)
    let dh = numbers(rows * hidden, seed: 3)
    var dc = numbers(rows * hidden, seed: 4)
    let dcAfter = dc
    var gradients = gates
    set.table.pointee.lstm_backward(rows, hidden, &gradients, before, c, dh, &dc)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    for row in 0..<rows {
      for j in 0..<hidden {
        let n = row * hidden + j
        func sum(_ gate: Int) -> Double { Double(sums[(row * 4 + gate) * hidden + j] + bias[gate * hidden + j]) }
        let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), tanh(sum(2)), sigmoid(sum(3)))
        let cell = f * Double(before[n]) + i * g
        #expect(abs(Double(c[n]) - cell) < 1e-6)
        #expect(abs(Double(h[n]) - o * tanh(cell)) < 1e-6)
        let (dh, squashed) = (Double(dh[n]), tanh(cell))
        let dcell = Double(dcAfter[n]) + dh * o * (1 - squashed * squashed)
        let expected = [
          dcell * g * i * (1 - i), dcell * Double(before[n]) * f * (1 - f), dcell * i * (1 - g * g),
          dh * squashed * o * (1 - o),
        ]
        for gate in 0..<4 {
          #expect(abs(Double(gradients[(row * 4 + gate) * hidden + j]) - expected[gate]) < 3e-6)
        }
        #expect(abs(Double(dc[n]) - dcell * f) < 3e-6)
      }
    }
  }

  @Test(arguments: KernelSet.available, [1, 3, 16, 17, 65, 1000])
  func softmaxCrossEntropyEqualsItsDefinition(set: KernelSet, vocabulary: Int) {
    for smoothing: Float in [0, 0.3] { check(set, vocabulary: vocabulary, smoothing: smoothing) }
  }

  private func check(_ set: KernelSet, vocabulary: Int, smoothing: Float) {
    let rows = 4
    var logits = numbers(rows * vocabulary, range: 60)
    let before = logits
    let targets: [Int32] = [0, Int32(vocabulary - 1), -1, Int32(vocabulary / 2)]
    var (losses, alone) = ([Float](repeating: 9, count: rows), [Float](repeating: 9, count: rows))
    set.table.pointee.cross_entropy(rows, vocabulary, logits, targets, &alone)
    set.table.pointee.softmax_cross_entropy(rows, vocabulary, &logits, targets, 0.25, smoothing, &losses)
    for row in 0..<rows {
      let values = before[row * vocabulary..<(row + 1) * vocabulary].map(Double.init)
      let gradient = logits[row * vocabulary..<(row + 1) * vocabulary]
      guard targets[row] >= 0 else {
        #expect(losses[row] == 0 && alone[row] == 0 && gradient.allSatisfy { $0 == 0 })
        continue
      }
      let maximum = values.max() ?? 0
      let sum = values.reduce(0) { $0 + exp($1 - maximum) }
      let loss = log(sum) + maximum - values[Int(targets[row])]
      #expect(abs(Double(losses[row]) - loss) < 2e-5)
      #expect(losses[row] == alone[row])
      for (j, value) in gradient.enumerated() {
        let wanted = Double(smoothing) / Double(vocabulary) + (j == Int(targets[row]) ? 1 - Double(smoothing) : 0)
        let expected = 0.25 * (exp(values[j] - maximum) / sum - wanted)
        #expect(abs(Double(value) - expected) < 1e-6)
      }
    }
  }

  @Test(arguments: KernelSet.available, sizes)
  func sumsAndNormsEqualPlainLoops(set: KernelSet, columns: Int) {
    let rows = 19
    let matrix = numbers(rows * columns)
    let row = numbers(columns, seed: 5)
    var sum = row
    set.table.pointee.sum_rows(rows, columns, &sum, matrix)
    var raised = matrix
    set.table.pointee.add_to_rows(rows, columns, &raised, row)
    for j in 0..<columns {
      let expected = (0..<rows).reduce(Double(row[j])) { $0 + Double(matrix[$1 * columns + j]) }
      #expect(abs(Double(sum[j]) - expected) < 2e-5)
      for r in 0..<rows { #expect(raised[r * columns + j] == matrix[r * columns + j] + row[j]) }
    }
    let squares = matrix.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(set.table.pointee.sum_of_squares(matrix.count, matrix) - squares) <= 1e-12 * squares)
  }

  @Test func dropoutIsTheSameForEveryInstructionSetAndKeepsItsShare() {
    let count = 10_007
    let input = [Float](repeating: 1, count: count)
    var first: [Float]?
    for set in KernelSet.available {
      var output = [Float](repeating: 9, count: count)
      var kept = [UInt8](repeating: 9, count: count)
      set.table.pointee.dropout_forward(count, &output, &kept, input, 2 << 32 | 1, 3, 4, 5, 3 << 30, 4 / 3)
      #expect(zip(output, kept).allSatisfy { $0 == ($1 == 1 ? 4 / 3 : 0) })
      // Binomial with p = 3/4: a standard deviation of 43.
      #expect(abs(kept.reduce(0) { $0 + Int($1) } - count * 3 / 4) < 200)
      #expect(first == nil || first == output)
      first = output
      var gradient = input
      set.table.pointee.dropout_backward(count, &gradient, kept, 4 / 3)
      #expect(gradient == output)
    }
    #expect(KernelSet.available.last?.name == "baseline")
  }

  /// Leaving any of the four numbers out of the counter would make two places fall together.
  @Test(arguments: KernelSet.available)
  func dropoutsBitsAreThoseOfTheCipherAtTheElementsPlace(set: KernelSet) {
    let count = 300
    let input = [Float](repeating: 1, count: count)
    let threshold: UInt64 = 1 << 31
    for (key, step, time, place) in [(7, 1, 2, 3), (7, 9, 2, 3), (7, 1, 9, 3), (7, 1, 2, 9), (9, 1, 2, 3)]
      as [(UInt64, UInt32, UInt32, UInt32)]
    {
      var output = input
      var kept = [UInt8](repeating: 0, count: count)
      set.table.pointee.dropout_forward(count, &output, &kept, input, key, step, time, place, threshold, 2)
      for j in 0..<count {
        let words = CounterBasedGenerator.block(counter: (UInt32(j / 4), step, time, place), seed: key)
        let word = [words.0, words.1, words.2, words.3][j % 4]
        #expect((kept[j] == 1) == (UInt64(word) < threshold))
      }
    }
  }

  /// The distance from the exact value in units of Float's last place; numbers below the normal range count as zero.
  private func ulps(_ found: Float, _ exact: Double) -> Double {
    if abs(exact) < Double(Float.leastNormalMagnitude) { return abs(found) < 1.5e-38 ? 0 : .infinity }
    return abs(Double(found) - exact) / Double(Float(exact).ulp)
  }
}
