import CKernels
import Foundation
import Testing

@testable import TsuzuriKernels

/// Products of 8-bit integers, of each instruction set, against the plain reference and against the numbers they stand for.
struct QuantizedMatrixTests {
  /// The integers are the same whatever multiplies them, so nothing but the last rounding may differ, and that is the same
  /// operation everywhere.
  @Test(arguments: KernelSet.available, [1, 2, 3, 7, 8, 9, 17])
  func theFastProductHasTheBitsOfThePlainOne(set: KernelSet, rows: Int) {
    for inner in [1, 3, 4, 7, 63, 64, 65] {
      for columns in [1, 3, 31, 32, 33, 65, 128, 161] {
        let a = numbers(rows * inner, 0.3)
        let packed = packed(columns: columns, inner: inner, using: set)
        func product(_ engine: MatrixProduct, adding: Bool) -> [Float] {
          var c = numbers(rows * columns, 0.5)
          let arithmetic = Arithmetic(
            kernels: set, product: engine, quantizedRows: QuantizedRows(rows: rows, inner: inner))
          packed.multiply(a, into: &c, rows: rows, adding: adding, using: arithmetic)
          return c
        }
        #expect(product(.oneDNN, adding: false) == product(.reference, adding: false))
        for (x, y) in zip(product(.oneDNN, adding: true), product(.reference, adding: true)) {
          #expect(abs(x - y) <= 2e-6 * max(1, abs(y)))
        }
      }
    }
  }

  /// Each factor is off by at most half a step: the product by no more than the sum of those errors.
  @Test(arguments: KernelSet.available)
  func theProductIsThatOfTheNumbersWithinHalfSteps(set: KernelSet) {
    let (rows, inner, columns) = (3, 65, 33)
    let (a, w) = (numbers(rows * inner, 0.3), numbers(columns * inner, 0.7))
    let packed = packed(columns: columns, inner: inner, using: set)
    var c = [Float](repeating: 0, count: rows * columns)
    packed.multiply(
      a, into: &c, rows: rows,
      using: Arithmetic(kernels: set, quantizedRows: QuantizedRows(rows: rows, inner: inner)))
    for row in 0..<rows {
      for column in 0..<columns {
        let (x, y) = (a[row * inner..<(row + 1) * inner], w[column * inner..<(column + 1) * inner])
        let exact = zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let (dx, dy) = (x.map(abs).max()! / 254, y.map(abs).max()! / 254)
        let bound = zip(x, y).reduce(1e-4) { $0 + Double(dx * abs($1.1) + dy * abs($1.0) + dx * dy) }
        #expect(abs(Double(c[row * columns + column]) - exact) < bound)
      }
    }
  }

  @Test func aRowOfZerosAndItsProductAreZero() {
    let matrix = QuantizedMatrix([Float](repeating: 0, count: 12), rows: 3, columns: 4)
    var numbers = [Float](repeating: 5, count: 12)
    matrix.write(to: &numbers)
    #expect(numbers.allSatisfy { $0 == 0 })
    let packed = PackedMatrix(transposing: matrix, rows: 0..<3, using: .best)
    var c: [Float] = [1, 1, 1]
    packed.multiply(
      [0, 0, 0, 0], into: &c, rows: 1, using: Arithmetic(quantizedRows: QuantizedRows(rows: 1, inner: 4)))
    #expect(c == [0, 0, 0])
  }

  /// What weight decay leaves of the vector of a token that never occurs.
  @Test(arguments: [Float.leastNonzeroMagnitude, 1e-38, 3e-37])
  func aRowOfVanishingWeightsIsZero(weight: Float) {
    let matrix = QuantizedMatrix([weight, 0, -weight, 1, 0.5, -1], rows: 2, columns: 3)
    #expect(Array(matrix.values.all) == [0, 0, 0, 127, 64, -127])
    #expect(Array(matrix.scales.all) == [0, 1 / 127])
  }

  /// The product of what is no number is none, wherever it stands: nobody shall take broken weights for a model.
  @Test(arguments: KernelSet.available, [Float.nan, .infinity])
  func aProductWithANumberThatIsNoneIsNone(set: KernelSet, value: Float) {
    for inner in [1, 15, 16, 17, 40] {
      let packed = packed(columns: 3, inner: inner, using: set)
      for place in Set([0, inner / 2, inner - 1]) {
        var a = numbers(inner, 0.3)
        a[place] = value
        var c: [Float] = [1, 1, 1]
        packed.multiply(
          a, into: &c, rows: 1,
          using: Arithmetic(kernels: set, quantizedRows: QuantizedRows(rows: 1, inner: inner)))
        #expect(c.allSatisfy { !$0.isFinite }, "\(value) at \(place) of \(inner): \(c)")
      }
    }
  }

  @Test func theLargestWeightOfARowIsKeptAndTheOthersRounded() {
    let matrix = QuantizedMatrix([1, -0.5, 0.25, 0.126, 3, 0, 0, -0.01], rows: 2, columns: 4)
    #expect(Array(matrix.values.all) == [127, -64, 32, 16, 127, 0, 0, 0])
    #expect(Array(matrix.scales.all) == [1 / 127, 3 / 127])
  }

  /// The same columns by one thread or by a team of them.
  @Test(arguments: [2, 3, 7])
  func aTeamHasTheBitsOfOneThread(threads: Int) {
    let (rows, inner, columns) = (2, 300, 1111)
    let a = numbers(rows * inner, 0.3)
    let floats = PackedMatrix(columns: columns, inner: inner)
    floats.pack(numbers(columns * inner, 0.7), using: .best)
    for matrix in [floats, packed(columns: columns, inner: inner, using: .best)] {
      func product(_ team: ProductTeam?) -> [Float] {
        var c = [Float](repeating: 0, count: rows * columns)
        matrix.multiply(
          a, into: &c, rows: rows,
          using: Arithmetic(team: team, quantizedRows: QuantizedRows(rows: rows, inner: inner)))
        return c
      }
      #expect(product(ProductTeam(threads: threads)) == product(nil))
    }
  }

  private func packed(columns: Int, inner: Int, using set: KernelSet) -> PackedMatrix {
    let matrix = QuantizedMatrix(numbers(columns * inner, 0.7), rows: columns, columns: inner)
    return PackedMatrix(transposing: matrix, rows: 0..<columns, using: set)
  }

  private func numbers(_ count: Int, _ step: Float) -> [Float] { (0..<count).map { sin(step * Float($0) + 1) } }
}
