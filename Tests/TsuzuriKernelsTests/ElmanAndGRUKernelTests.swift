import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// One step of the plain network and of both GRUs, of each instruction set, against plain loops in Double.
struct ElmanAndGRUKernelTests {
  private static let rows = 3

  private func numbers(_ count: Int, range: Float = 3, seed: Float = 0) -> [Float] {
    KernelTests().numbers(count, range: range, seed: seed)
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aPlainStepEqualsItsEquation(set: KernelSet, hidden: Int) {
    let count = Self.rows * hidden
    let (sums, bias, dh) = (numbers(count), numbers(hidden, seed: 1), numbers(count, seed: 3))
    let kernels = set.table.pointee
    var (tangent, rectified) = ([Float](repeating: 9, count: count), [Float](repeating: 9, count: count))
    kernels.elman_tanh_forward(Self.rows, hidden, sums, bias, &tangent)
    kernels.elman_relu_forward(Self.rows, hidden, sums, bias, &rectified)
    var (dTangent, dRectified) = (sums, sums)
    kernels.elman_tanh_backward(count, &dTangent, tangent, dh)
    kernels.elman_relu_backward(count, &dRectified, rectified, dh)
    for n in 0..<count {
      let sum = Double(sums[n] + bias[n % hidden])
      #expect(abs(Double(tangent[n]) - tanh(sum)) < 1e-6)
      #expect(abs(Double(rectified[n]) - max(0, sum)) < 1e-6)
      #expect(abs(Double(dTangent[n]) - Double(dh[n]) * (1 - tanh(sum) * tanh(sum))) < 3e-6)
      #expect(dRectified[n] == (sum > 0 ? dh[n] : 0))
    }
  }

  /// What is no number must not become a unit that is off.
  @Test(arguments: KernelSet.available)
  func notANumberStaysVisible(set: KernelSet) {
    var h = [Float](repeating: 0, count: 20)
    set.table.pointee.elman_relu_forward(
      1, 20, [Float](repeating: .nan, count: 20), [Float](repeating: 1, count: 20), &h)
    #expect(h.allSatisfy { $0.isNaN })
  }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aGRUStepEqualsItsEquations(set: KernelSet, hidden: Int) {
    let count = Self.rows * hidden
    let (sums, products) = (numbers(3 * count, range: 4), numbers(count, seed: 5))
    let (bias, nBias, innerBias) = (numbers(2 * hidden, seed: 1), numbers(hidden, seed: 6), numbers(hidden, seed: 7))
    let (before, dh, dBefore) = (numbers(count, seed: 2), numbers(count, seed: 3), numbers(count, seed: 4))
    var (gates, inner, h) = (sums, products, [Float](repeating: 9, count: count))
    set.table.pointee.gru_forward(Self.rows, hidden, &gates, &inner, bias, nBias, innerBias, before, &h)
    var (dGates, dInner, passed) = (gates, inner, dBefore)
    set.table.pointee.gru_backward(Self.rows, hidden, &dGates, &dInner, before, dh, &passed)
    for k in 0..<count {
      let (row, j) = (k / hidden, k % hidden)
      func place(_ gate: Int) -> Int { (row * 3 + gate) * hidden + j }
      let (r, z) = (sigmoid(Double(sums[place(0)] + bias[j])), sigmoid(Double(sums[place(1)] + bias[hidden + j])))
      let m = Double(products[k] + innerBias[j])
      let n = tanh(Double(sums[place(2)] + nBias[j]) + r * m)
      let (d, old) = (Double(dh[k]), Double(before[k]))
      #expect(abs(Double(h[k]) - ((1 - z) * n + z * old)) < 2e-6)
      let dn = d * (1 - z) * (1 - n * n)
      let expected = [dn * m * r * (1 - r), d * (old - n) * z * (1 - z), dn]
      for gate in 0..<3 { #expect(abs(Double(dGates[place(gate)]) - expected[gate]) < 5e-6) }
      #expect(abs(Double(dInner[k]) - dn * r) < 5e-6)
      #expect(abs(Double(passed[k]) - (Double(dBefore[k]) + d * z)) < 5e-6)
    }
  }

  @Test(arguments: KernelSet.available, KernelTests.sizes)
  func aStepOfTheGRUThatResetsBeforeEqualsItsEquations(set: KernelSet, hidden: Int) {
    let count = Self.rows * hidden
    let (sums, bias) = (numbers(3 * count, range: 4), numbers(3 * hidden, seed: 1))
    let (before, dh, dBefore) = (numbers(count, seed: 2), numbers(count, seed: 3), numbers(count, seed: 4))
    let dReset = numbers(count, seed: 8)
    let kernels = set.table.pointee
    var (gates, reset, h) = (sums, [Float](repeating: 9, count: count), [Float](repeating: 9, count: count))
    kernels.gru_reset(Self.rows, hidden, &gates, bias, before, &reset)
    kernels.gru_update(Self.rows, hidden, &gates, bias, before, &h)
    var (dGates, passed) = (gates, dBefore)
    kernels.gru_update_backward(Self.rows, hidden, &dGates, before, dh, &passed)
    kernels.gru_reset_backward(Self.rows, hidden, &dGates, before, dReset, &passed)
    for k in 0..<count {
      let (row, j) = (k / hidden, k % hidden)
      func place(_ gate: Int) -> Int { (row * 3 + gate) * hidden + j }
      func sum(_ gate: Int) -> Double { Double(sums[place(gate)] + bias[gate * hidden + j]) }
      let (r, z, n) = (sigmoid(sum(0)), sigmoid(sum(1)), tanh(sum(2)))
      let (d, u, old) = (Double(dh[k]), Double(dReset[k]), Double(before[k]))
      #expect(abs(Double(reset[k]) - r * old) < 2e-6)
      #expect(abs(Double(h[k]) - ((1 - z) * n + z * old)) < 2e-6)
      let expected = [u * old * r * (1 - r), d * (old - n) * z * (1 - z), d * (1 - z) * (1 - n * n)]
      for gate in 0..<3 { #expect(abs(Double(dGates[place(gate)]) - expected[gate]) < 5e-6) }
      #expect(abs(Double(passed[k]) - (Double(dBefore[k]) + d * z + u * r)) < 5e-6)
    }
  }
}
