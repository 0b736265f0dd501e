import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// The kernels of the LSTM's variants, of each instruction set, against their equations in Double; backwards against
/// central differences of δh·h + δc·c.
struct LSTMVariantKernelTests {
  static let sizes = [0, 1, 7, 16, 64, 65]
  static let rows = 3

  /// Numbers in ±range by formula.
  static func numbers(_ count: Int, range: Float = 2, seed: Float) -> [Float] {
    (0..<count).map { range * sin(0.9 * Float($0) + 0.37 * Float($0 % 7) + seed) }
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// ∂loss/∂values[n] by a central difference.
  static func slope(_ values: [Double], _ n: Int, _ loss: ([Double]) -> Double) -> Double {
    var (above, below) = (values, values)
    above[n] += 1e-5
    below[n] -= 1e-5
    return (loss(above) - loss(below)) / 2e-5
  }

  /// One unit's step: the activations, c and h.
  typealias Unit = (activations: [Double], c: Double, h: Double)

  /// A cell by its kernels and by its equations.
  struct Cell: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var gates: Int
    /// Of the sums with biases, c before, and the unit's three peepholes.
    var unit: @Sendable ([Double], Double, [Double]) -> Unit
    var run: @Sendable (tz_kernels, Int, inout Buffers) -> Void
    var runBack: @Sendable (tz_kernels, Int, inout Buffers) -> Void
  }

  struct Buffers {
    var gates, bias, before, c, h, dh, dc, ci, cf, co: [Float]

    init(gates count: Int, hidden: Int) {
      gates = numbers(rows * count * hidden, seed: 0)
      bias = numbers(count * hidden, seed: 1)
      before = numbers(rows * hidden, seed: 2)
      (c, h) = ([Float](repeating: 9, count: rows * hidden), [Float](repeating: 9, count: rows * hidden))
      dh = numbers(rows * hidden, seed: 3)
      dc = numbers(rows * hidden, seed: 4)
      (ci, cf, co) = (numbers(hidden, seed: 5), numbers(hidden, seed: 6), numbers(hidden, seed: 7))
    }
  }

  static let cells = [
    Cell(testDescription: "lstm-1997", gates: 3) { sums, before, _ in
      let (i, g, o) = (sigmoid(sums[0]), tanh(sums[1]), sigmoid(sums[2]))
      let c = before + i * g
      return ([i, g, o], c, o * tanh(c))
    } run: {
      $0.lstm_1997_forward(rows, $1, &$2.gates, $2.bias, $2.before, &$2.c, &$2.h)
    } runBack: {
      $0.lstm_1997_backward(rows, $1, &$2.gates, $2.c, $2.dh, &$2.dc)
    },
    Cell(testDescription: "lstm-coupled", gates: 3) { sums, before, _ in
      let (f, g, o) = (sigmoid(sums[0]), tanh(sums[1]), sigmoid(sums[2]))
      let c = f * before + (1 - f) * g
      return ([f, g, o], c, o * tanh(c))
    } run: {
      $0.lstm_coupled_forward(rows, $1, &$2.gates, $2.bias, $2.before, &$2.c, &$2.h)
    } runBack: {
      $0.lstm_coupled_backward(rows, $1, &$2.gates, $2.before, $2.c, $2.dh, &$2.dc)
    },
    Cell(testDescription: "lstm-peephole", gates: 4) { sums, before, peepholes in
      let (i, f) = (sigmoid(sums[0] + peepholes[0] * before), sigmoid(sums[1] + peepholes[1] * before))
      let g = tanh(sums[2])
      let c = f * before + i * g
      let o = sigmoid(sums[3] + peepholes[2] * c)
      return ([i, f, g, o], c, o * tanh(c))
    } run: {
      $0.lstm_peephole_forward(
        rows, $1, &$2.gates, $2.bias, $2.ci, $2.cf, $2.co, $2.before, &$2.c, &$2.h)
    } runBack: {
      $0.lstm_peephole_backward(
        rows, $1, &$2.gates, $2.ci, $2.cf, $2.co, $2.before, $2.c, $2.dh, &$2.dc)
    },
  ]

  @Test(arguments: KernelSet.available, cells)
  func aStepEqualsItsEquations(set: KernelSet, cell: Cell) {
    for hidden in Self.sizes {
      let start = Buffers(gates: cell.gates, hidden: hidden)
      var forward = start
      cell.run(set.table.pointee, hidden, &forward)
      var back = forward
      cell.runBack(set.table.pointee, hidden, &back)
      for n in 0..<Self.rows * hidden {
        let (row, j) = (n / hidden, n % hidden)
        let peepholes = [start.ci[j], start.cf[j], start.co[j]].map(Double.init)
        let places = (0..<cell.gates).map { (row * cell.gates + $0) * hidden + j }
        let sums = places.enumerated().map { Double(start.gates[$1]) + Double(start.bias[$0 * hidden + j]) }
        func unit(_ values: [Double]) -> Unit { cell.unit(Array(values.dropLast()), values[cell.gates], peepholes) }
        let values = sums + [Double(start.before[n])]
        let expected = unit(values)
        #expect(abs(Double(forward.c[n]) - expected.c) < 2e-6)
        #expect(abs(Double(forward.h[n]) - expected.h) < 2e-6)
        func loss(_ values: [Double]) -> Double {
          let step = unit(values)
          return Double(start.dh[n]) * step.h + Double(start.dc[n]) * step.c
        }
        for (gate, place) in places.enumerated() {
          #expect(abs(Double(forward.gates[place]) - expected.activations[gate]) < 2e-6)
          #expect(abs(Double(back.gates[place]) - Self.slope(values, gate, loss)) < 1e-5)
        }
        #expect(abs(Double(back.dc[n]) - Self.slope(values, cell.gates, loss)) < 1e-5)
      }
    }
  }

  @Test(arguments: KernelSet.available, sizes)
  func thePeepholesGradientsAreSumsOverAllRows(set: KernelSet, hidden: Int) {
    let rows = Self.rows
    let gates = Self.numbers(rows * 4 * hidden, seed: 0)
    let (before, cell) = (Self.numbers(rows * hidden, seed: 1), Self.numbers(rows * hidden, seed: 2))
    // What stands there is added to.
    var found = (0..<3).map { Self.numbers(hidden, seed: Float($0) + 3) }
    let start = found
    var (ci, cf, co) = (found[0], found[1], found[2])
    set.table.pointee.lstm_peephole_gradients(rows, hidden, gates, before, cell, &ci, &cf, &co)
    found = [ci, cf, co]
    for (n, gate) in [0, 1, 3].enumerated() {
      for j in 0..<hidden {
        let sum = (0..<rows).reduce(Double(start[n][j])) {
          $0 + Double(gates[($1 * 4 + gate) * hidden + j]) * Double((gate == 3 ? cell : before)[$1 * hidden + j])
        }
        #expect(abs(Double(found[n][j]) - sum) < 1e-5)
      }
    }
  }

  /// The mean is far from zero, so that a variance without it would show.
  @Test(arguments: KernelSet.available, [1, 2, 7, 16, 64, 65, 1025])
  func normalisingEqualsItsDefinition(set: KernelSet, columns: Int) {
    let rows = Self.rows
    let start = Self.numbers(rows * columns, seed: 0).map { $0 + 5 }
    let (gain, dy) = (Self.numbers(columns, seed: 1), Self.numbers(rows * columns, seed: 2))
    var (matrix, scales) = (start, [Float](repeating: 9, count: rows))
    set.table.pointee.normalize(rows, columns, &matrix, &scales, 0.01)
    var (gradient, gainGradient) = (matrix, Self.numbers(columns, seed: 3))
    set.table.pointee.normalize_backward(rows, columns, &gradient, scales, gain, dy, &gainGradient)
    var gains = Self.numbers(columns, seed: 3).map(Double.init)
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      let values = start[range].map(Double.init)
      func normalised(_ values: [Double]) -> (values: [Double], scale: Double) {
        let mean = values.reduce(0, +) / Double(columns)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        let scale = 1 / (variance + 0.01).squareRoot()
        return (values.map { ($0 - mean) * scale }, scale)
      }
      let expected = normalised(values)
      #expect(abs(Double(scales[row]) / expected.scale - 1) < 1e-5)
      for (place, value) in zip(range, expected.values) {
        #expect(abs(Double(matrix[place]) - value) < 1e-5)
        gains[place - row * columns] += Double(dy[place]) * value
      }
      // All slopes of a long row would take long; some are enough.
      for j in Swift.stride(from: 0, to: columns, by: max(1, columns / 13)) {
        let slope = Self.slope(values, j) { moved in
          zip(normalised(moved).values.enumerated(), range).reduce(0) {
            $0 + Double(dy[$1.1]) * Double(gain[$1.0.offset]) * $1.0.element
          }
        }
        #expect(abs(Double(gradient[range.lowerBound + j]) - slope) < 5e-5 * max(1, expected.scale))
      }
    }
    for (a, b) in zip(gainGradient, gains) { #expect(abs(Double(a) - b) < 5e-5) }
  }

  @Test(arguments: KernelSet.available, sizes)
  func aNormalisedStepEqualsItsEquations(set: KernelSet, hidden: Int) {
    let (rows, table) = (Self.rows, set.table.pointee)
    func numbers(_ count: Int, _ seed: Float) -> [Float] { Self.numbers(count, range: 1.2, seed: seed) }
    let (input, state) = (numbers(rows * 4 * hidden, 0), numbers(rows * 4 * hidden, 1))
    let (inputGain, stateGain, bias) = (numbers(4 * hidden, 2), numbers(4 * hidden, 3), numbers(4 * hidden, 4))
    let (before, normalised) = (numbers(rows * hidden, 5), numbers(rows * hidden, 6))
    let (cellGain, cellBias) = (numbers(hidden, 7), numbers(hidden, 8))
    let (dh, fromOutput, dcAfter) = (numbers(rows * hidden, 9), numbers(rows * hidden, 10), numbers(rows * hidden, 11))
    var gates = [Float](repeating: 9, count: rows * 4 * hidden)
    var (c, h, shown) = (dh, dh, dh)
    table.lstm_normalized_cell(rows, hidden, &gates, input, state, inputGain, stateGain, bias, before, &c)
    table.lstm_normalized_output(rows, hidden, gates, normalised, cellGain, cellBias, &h)
    var (back, dc) = (gates, dcAfter)
    table.lstm_normalized_output_backward(rows, hidden, &back, normalised, cellGain, cellBias, dh, &shown)
    table.lstm_normalized_cell_backward(rows, hidden, &back, before, fromOutput, &dc)
    for n in 0..<rows * hidden {
      let (row, j) = (n / hidden, n % hidden)
      let places = (0..<4).map { (row * 4 + $0) * hidden + j }
      let sums = places.enumerated().map { gate, place in
        let k = gate * hidden + j
        return Double(inputGain[k]) * Double(input[place]) + Double(stateGain[k]) * Double(state[place])
          + Double(bias[k])
      }
      // The four sums, c before, and tanh's argument.
      let values = sums + [Double(before[n]), Double(cellGain[j]) * Double(normalised[n]) + Double(cellBias[j])]
      func unit(_ v: [Double]) -> Unit {
        let (i, f, g, o) = (Self.sigmoid(v[0]), Self.sigmoid(v[1]), tanh(v[2]), Self.sigmoid(v[3]))
        return ([i, f, g, o], f * v[4] + i * g, o * tanh(v[5]))
      }
      let expected = unit(values)
      #expect(abs(Double(c[n]) - expected.c) < 2e-6)
      #expect(abs(Double(h[n]) - expected.h) < 2e-6)
      func loss(_ values: [Double]) -> Double {
        let step = unit(values)
        return Double(dh[n]) * step.h + (Double(dcAfter[n]) + Double(fromOutput[n])) * step.c
      }
      for (gate, place) in places.enumerated() {
        #expect(abs(Double(gates[place]) - expected.activations[gate]) < 2e-6)
        #expect(abs(Double(back[place]) - Self.slope(values, gate, loss)) < 1e-5)
      }
      #expect(abs(Double(dc[n]) - Self.slope(values, 4, loss)) < 1e-5)
      #expect(abs(Double(shown[n]) - Self.slope(values, 5, loss)) < 1e-5)
    }
  }
}
