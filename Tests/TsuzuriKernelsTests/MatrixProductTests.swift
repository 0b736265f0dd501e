import Foundation
import Synchronization
import Testing

@testable import TsuzuriKernels

struct MatrixProductTests {
  @Test(arguments: [0, 1, 7, 64, 65], [0, 1, 7, 64, 65])
  func oneDNNEqualsThePlainLoop(rows: Int, inner: Int) {
    for columns in [0, 1, 3, 63, 65] {
      for adding in [false, true] {
        let a = numbers(rows * inner, 0.3)
        let b = numbers(inner * columns, 0.7)
        for form in 0..<3 {
          func product(_ engine: MatrixProduct) -> [Float] {
            var c = numbers(rows * columns, 0.5)
            switch form {
            case 0: engine.multiply(a, by: b, into: &c, rows: rows, columns: columns, inner: inner, adding: adding)
            case 1:
              engine.multiply(
                a, byTransposed: b, into: &c, rows: rows, columns: columns, inner: inner, adding: adding)
            default:
              engine.multiply(
                transposed: a, by: b, into: &c, rows: rows, columns: columns, inner: inner, adding: adding)
            }
            return c
          }
          for (x, y) in zip(product(.oneDNN), product(.reference)) { #expect(abs(x - y) < 2e-5) }
        }
      }
    }
  }

  /// Columns out of a wider matrix: what stands beside them is not read.
  @Test(arguments: [0, 1, 7, 64, 65], MatrixProduct.allCases)
  func rowsThatStandApartGiveTheSameProduct(rows: Int, engine: MatrixProduct) {
    let (inner, columns, stride) = (9, 5, rows + 4)
    let wide = numbers(inner * stride, 0.3)
    let close = (0..<inner * rows).map { wide[$0 / rows * stride + $0 % rows] }
    let b = numbers(inner * columns, 0.7)
    var (c, expected) = ([Float](repeating: 9, count: rows * columns), [Float](repeating: 9, count: rows * columns))
    engine.multiply(
      transposed: wide, by: b, into: &c, rows: rows, columns: columns, inner: inner, aStride: stride)
    MatrixProduct.reference.multiply(
      transposed: close, by: b, into: &expected, rows: rows, columns: columns, inner: inner)
    for (x, y) in zip(c, expected) { #expect(abs(x - y) < 2e-5) }
  }

  private func numbers(_ count: Int, _ step: Float) -> [Float] { (0..<count).map { sin(step * Float($0) + 1) } }
}

struct WorkerPoolTests {
  @Test(arguments: [1, 2, 5])
  func everyTaskRunsOnceAndAllHaveEndedWhenTheCallReturns(threads: Int) {
    let pool = WorkerPool(threads: threads)
    for tasks in [0, 1, 2, 7, 100] {
      // No lock: a task that ran twice at a time would be a race, which ThreadSanitizer tells of.
      let counts = IndexBuffer(count: max(1, tasks))
      for _ in 0..<50 { pool.run(tasks: tasks) { task in counts.pointer[task] += 1 } }
      #expect((0..<tasks).allSatisfy { counts.pointer[$0] == 50 })
    }
  }
}
