import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// The kernels that run a whole window of a cell without recurrent product, against plain loops in Double.
struct InputOnlyKernelTests {
  private static let (time, rows) = (4, 3)

  private func numbers(_ count: Int, range: Float = 3, seed: Float = 0) -> [Float] {
    KernelTests().numbers(count, range: range, seed: seed)
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aMinGRUsWindowEqualsItsEquations(set: KernelSet, hidden: Int) {
    let (time, rows) = (Self.time, Self.rows)
    let sums = numbers(time * rows * 2 * hidden, range: 4)
    let bias = numbers(2 * hidden, seed: 1)
    let start = numbers(rows * hidden, seed: 2)
    let above = numbers(time * rows * hidden, seed: 3)
    var (gates, h) = (sums, start + [Float](repeating: 9, count: time * rows * hidden))
    set.table.pointee.min_gru_forward(time, rows, hidden, &gates, bias, &h)
    var (dh, dstart) = (above, [Float](repeating: 0, count: rows * hidden))
    set.table.pointee.min_gru_backward(time, rows, hidden, &gates, h, &dh, &dstart)
    for row in 0..<rows {
      for j in 0..<hidden {
        func sum(_ t: Int, _ gate: Int) -> Double {
          Double(sums[((t * rows + row) * 2 + gate) * hidden + j] + bias[gate * hidden + j])
        }
        func place(_ t: Int) -> Int { (t * rows + row) * hidden + j }
        var states = [Double(start[place(0)])]
        for t in 0..<time {
          let z = sigmoid(sum(t, 0))
          states.append((1 - z) * states[t] + z * sum(t, 1))
          #expect(abs(Double(h[place(t + 1)]) - states[t + 1]) < 2e-6)
        }
        var through = 0.0
        for t in (0..<time).reversed() {
          let (z, whole) = (sigmoid(sum(t, 0)), Double(above[place(t)]) + through)
          #expect(abs(Double(dh[place(t)]) - whole) < 3e-6)
          let expected = [whole * (sum(t, 1) - states[t]) * z * (1 - z), whole * z]
          for gate in 0..<2 {
            #expect(abs(Double(gates[((t * rows + row) * 2 + gate) * hidden + j]) - expected[gate]) < 6e-6)
          }
          through = whole * (1 - z)
        }
        #expect(abs(Double(dstart[place(0)]) - through) < 3e-6)
      }
    }
  }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aMinLSTMsWindowEqualsItsEquations(set: KernelSet, hidden: Int) {
    let (time, rows) = (Self.time, Self.rows)
    let sums = numbers(time * rows * 3 * hidden, range: 4)
    let bias = numbers(3 * hidden, seed: 1)
    let start = numbers(rows * hidden, seed: 2)
    let above = numbers(time * rows * hidden, seed: 3)
    var (gates, h) = (sums, start + [Float](repeating: 9, count: time * rows * hidden))
    set.table.pointee.min_lstm_forward(time, rows, hidden, &gates, bias, &h)
    var (dh, dstart) = (above, [Float](repeating: 0, count: rows * hidden))
    set.table.pointee.min_lstm_backward(time, rows, hidden, &gates, h, &dh, &dstart)
    for row in 0..<rows {
      for j in 0..<hidden {
        func sum(_ t: Int, _ gate: Int) -> Double {
          Double(sums[((t * rows + row) * 3 + gate) * hidden + j] + bias[gate * hidden + j])
        }
        func place(_ t: Int) -> Int { (t * rows + row) * hidden + j }
        var states = [Double(start[place(0)])]
        for t in 0..<time {
          let (f, i) = (sigmoid(sum(t, 0)), sigmoid(sum(t, 1)))
          states.append((f * states[t] + i * sum(t, 2)) / (f + i))
          #expect(abs(Double(h[place(t + 1)]) - states[t + 1]) < 2e-6)
        }
        var through = 0.0
        for t in (0..<time).reversed() {
          let (f, i, whole) = (sigmoid(sum(t, 0)), sigmoid(sum(t, 1)), Double(above[place(t)]) + through)
          // By the quotient rule, one gate at a time.
          let square = (f + i) * (f + i)
          let expected = [
            whole * (states[t] - sum(t, 2)) * i / square * f * (1 - f),
            whole * (sum(t, 2) - states[t]) * f / square * i * (1 - i), whole * i / (f + i),
          ]
          for gate in 0..<3 {
            #expect(abs(Double(gates[((t * rows + row) * 3 + gate) * hidden + j]) - expected[gate]) < 6e-6)
          }
          through = whole * f / (f + i)
        }
        #expect(abs(Double(dstart[place(0)]) - through) < 3e-6)
      }
    }
  }

  /// Gates that are both shut as far as Float goes still share one.
  @Test(arguments: KernelSet.available)
  func shutGatesOfAMinLSTMGiveNumbers(set: KernelSet) {
    var gates: [Float] = [-1000, -1000, 4]
    var h: [Float] = [2, 0]
    set.table.pointee.min_lstm_forward(1, 1, 1, &gates, [0, 0, 0], &h)
    #expect(h[1] == 3)
    var (dh, dstart): ([Float], [Float]) = ([1], [0])
    set.table.pointee.min_lstm_backward(1, 1, 1, &gates, h, &dh, &dstart)
    #expect(gates == [-0.5, 0.5, 0.5] && dstart == [0.5])
  }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aFeedForwardWindowEqualsItsEquations(set: KernelSet, hidden: Int) {
    for context in [1, 3, 6] { checkFeedForward(set, hidden: hidden, context: context) }
  }

  private func checkFeedForward(_ set: KernelSet, hidden: Int, context: Int) {
    let (time, rows, ahead) = (Self.time, Self.rows, context - 1)
    let sums = numbers(time * rows * context * hidden)
    let bias = numbers(hidden, seed: 1)
    let carried = numbers(rows * ahead * hidden, seed: 2)
    let dh = numbers(time * rows * hidden, seed: 3)
    var (h, carries) = (
      [Float](repeating: 9, count: time * rows * hidden), [Float](repeating: 9, count: rows * ahead * hidden)
    )
    set.table.pointee.feed_forward_forward(time, rows, hidden, context, sums, bias, carried, &h, &carries)
    var (gradients, dstart) = (sums, [Float](repeating: 0, count: rows * ahead * hidden))
    set.table.pointee.feed_forward_backward(time, rows, hidden, context, &gradients, h, dh, &dstart)
    for row in 0..<rows {
      for j in 0..<hidden {
        func begun(_ m: Int) -> Int { (row * ahead + m) * hidden + j }
        /// The sum of step t, from what stands in the window and what was carried into it.
        func sum(_ t: Int) -> Double {
          var sum = t < ahead ? Double(carried[begun(t)]) : 0
          for n in 0..<context where (0..<time).contains(t - n) {
            sum += Double(sums[(((t - n) * rows + row) * context + n) * hidden + j])
          }
          return sum
        }
        func error(_ t: Int) -> Double {
          let activation = tanh(sum(t) + Double(bias[j]))
          return t < time ? Double(dh[(t * rows + row) * hidden + j]) * (1 - activation * activation) : 0
        }
        for t in 0..<time {
          #expect(abs(Double(h[(t * rows + row) * hidden + j]) - tanh(sum(t) + Double(bias[j]))) < 2e-6)
          for n in 0..<context {
            #expect(abs(Double(gradients[((t * rows + row) * context + n) * hidden + j]) - error(t + n)) < 6e-6)
          }
        }
        for m in 0..<ahead {
          #expect(abs(Double(carries[begun(m)]) - sum(time + m)) < 2e-6)
          #expect(abs(Double(dstart[begun(m)]) - error(m)) < 6e-6)
        }
      }
    }
  }

  /// The same bits, wherever a window ends.
  @Test(arguments: KernelSet.available)
  func aFeedForwardSumDoesNotDependOnWhereWindowsEnd(set: KernelSet) {
    let (time, rows, hidden, context) = (6, 2, 19, 4)
    let sums = numbers(time * rows * context * hidden)
    let bias = numbers(hidden, seed: 1)
    let state = rows * (context - 1) * hidden
    func run(_ windows: [Int]) -> (h: [Float], state: [Float]) {
      var (all, carried, start) = ([Float](), numbers(state, seed: 2), 0)
      for length in windows {
        var h = [Float](repeating: 0, count: length * rows * hidden)
        var carries = [Float](repeating: 0, count: state)
        let part = Array(sums[start * rows * context * hidden..<(start + length) * rows * context * hidden])
        set.table.pointee.feed_forward_forward(length, rows, hidden, context, part, bias, carried, &h, &carries)
        (all, carried, start) = (all + h, carries, start + length)
      }
      return (all, carried)
    }
    let whole = run([6])
    for windows in [[1, 1, 1, 1, 1, 1], [2, 4], [5, 1]] {
      let parts = run(windows)
      #expect(parts.h == whole.h && parts.state == whole.state, "\(windows)")
    }
  }
}
