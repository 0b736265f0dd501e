import Foundation
import Testing

@testable import TsuzuriKernels

/// Products with a packed factor, of each instruction set, against the plain loop.
struct PackedMatrixTests {
  @Test(arguments: KernelSet.available, [0, 1, 2, 3, 7, 13, 14, 15, 29, 64, 65])
  func theProductEqualsThePlainLoop(set: KernelSet, rows: Int) {
    for inner in [0, 1, 7, 16, 65] {
      for columns in [0, 1, 3, 31, 32, 33, 63, 65, 128, 161] {
        let (a, m) = (numbers(rows * inner, 0.3), numbers(inner * columns, 0.7))
        for adding in [false, true] {
          for isTransposed in [false, true] {
            let packed = PackedMatrix(columns: columns, inner: inner)
            if isTransposed {
              let stored = (0..<columns).flatMap { column in (0..<inner).map { m[$0 * columns + column] } }
              packed.pack(transposed: stored, using: set)
            } else {
              packed.pack(m, using: set)
            }
            func product(_ engine: MatrixProduct) -> [Float] {
              var c = numbers(rows * columns, 0.5)
              let arithmetic = Arithmetic(kernels: set, product: engine)
              packed.multiply(a, into: &c, rows: rows, adding: adding, using: arithmetic)
              return c
            }
            for (x, y) in zip(product(.oneDNN), product(.reference)) { #expect(abs(x - y) < 2e-5) }
            var plain = numbers(rows * columns, 0.5)
            MatrixProduct.reference.multiply(
              a, by: m, into: &plain, rows: rows, columns: columns, inner: inner, adding: adding)
            for (x, y) in zip(product(.reference), plain) { #expect(abs(x - y) < 2e-5) }
          }
        }
      }
    }
  }

  /// Each set's own tiles, held to what two orders of the same sums can differ by: 2 · inner · 2⁻²⁴ · Σ|a·b|, to first
  /// order.
  @Test(arguments: KernelSet.available, [0, 1, 3, 7, 63, 64, 65, 200])
  func theProductIsWithinTheBoundOfTheSum(set: KernelSet, rows: Int) {
    for inner in [0, 1, 3, 7, 63, 64, 65, 200] {
      for columns in [0, 1, 3, 7, 63, 64, 65, 200] {
        let (a, m) = (numbers(rows * inner, 0.3), numbers(inner * columns, 0.7))
        let packed = PackedMatrix(columns: columns, inner: inner)
        packed.pack(m, using: set)
        for adding in [false, true] {
          let before = numbers(rows * columns, 0.5)
          var (fast, plain, magnitudes) = (before, before, before.map(abs))
          packed.multiply(a, into: &fast, rows: rows, adding: adding, using: Arithmetic(kernels: set))
          MatrixProduct.reference.multiply(
            a, by: m, into: &plain, rows: rows, columns: columns, inner: inner, adding: adding)
          MatrixProduct.reference.multiply(
            a.map(abs), by: m.map(abs), into: &magnitudes, rows: rows, columns: columns, inner: inner, adding: adding)
          let isWithin = fast.indices.allSatisfy {
            abs(fast[$0] - plain[$0]) <= 2 * Float(inner + 1) * 0x1p-24 * magnitudes[$0]
          }
          #expect(isWithin, "\(rows) rows, \(columns) columns, \(inner) terms")
        }
      }
    }
  }

  /// What is written for one sequence must not depend on how many are written beside it.
  @Test(arguments: KernelSet.available)
  func aRowsBitsDoNotDependOnTheRowsBesideIt(set: KernelSet) {
    let (inner, columns, rows) = (65, 161, 37)
    let a = numbers(rows * inner, 0.3)
    let packed = PackedMatrix(columns: columns, inner: inner)
    packed.pack(numbers(inner * columns, 0.7), using: set)
    var whole = [Float](repeating: 0, count: rows * columns)
    packed.multiply(a, into: &whole, rows: rows, using: Arithmetic(kernels: set))
    for count in 1...rows {
      var part = [Float](repeating: 0, count: count * columns)
      packed.multiply(a, into: &part, rows: count, using: Arithmetic(kernels: set))
      #expect(part[...] == whole[..<(count * columns)], "\(count) rows")
    }
  }

  /// Rows and columns at strides, and a share of the panels: what lies between stays as it was.
  @Test(arguments: KernelSet.available)
  func onlyTheAskedPanelsAreWritten(set: KernelSet) {
    let (inner, columns, rows) = (9, 100, 3)
    let a = numbers(rows * 20, 0.3)
    let packed = PackedMatrix(columns: columns, inner: inner)
    packed.pack(numbers(inner * columns, 0.7), using: set)
    #expect(packed.panelCount == 4)
    let arithmetic = Arithmetic(kernels: set)
    var whole = [Float](repeating: 5, count: rows * 120)
    packed.multiply(a, into: &whole, rows: rows, aStride: 20, cStride: 120, using: arithmetic)
    var part = [Float](repeating: 5, count: rows * 120)
    packed.multiplyAlone(
      a, into: &part, rows: rows, aStride: 20, cStride: 120, adding: false, panels: 2..<4, using: arithmetic)
    for row in 0..<rows {
      for column in 0..<120 {
        let (x, y) = (whole[row * 120 + column], part[row * 120 + column])
        #expect(y == ((64..<100).contains(column) ? x : 5))
        #expect((x == 5) == (column >= 100))
      }
    }
  }

  private func numbers(_ count: Int, _ step: Float) -> [Float] { (0..<count).map { sin(step * Float($0) + 1) } }
}
