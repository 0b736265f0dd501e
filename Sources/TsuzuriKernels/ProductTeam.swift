/// Threads that share the columns of one product: for a single sequence, whose rows are too few to share.
///
/// Each thread always takes the same columns, so that its part of the weights may stay in its own cache from token to
/// token. A product that is too small to be worth a meeting is left to the caller.
package final class ProductTeam: @unchecked Sendable {
  // SAFETY: one pass owns a team and uses it on one thread at a time; the work is written before the threads are called
  // and read until they have met again.

  private let pool: WorkerPool
  private let work = Work()

  /// How many multiplications one thread makes in about the time of a meeting.
  static let threshold = 1 << 16

  /// A team of the pool's threads, which others may use when it does not.
  package init(pool: WorkerPool) { self.pool = pool }

  package convenience init(threads: Int) { self.init(pool: WorkerPool(threads: threads)) }

  func multiply(
    _ matrix: PackedMatrix, _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, aStride: Int,
    cStride: Int, adding: Bool, using arithmetic: Arithmetic
  ) {
    work.call = Call(
      matrix: matrix, a: a, c: c, rows: rows, aStride: aStride, cStride: cStride, adding: adding,
      arithmetic: arithmetic,
      threads: pool.threads)
    pool.runOnEach(work)
    work.call = nil
  }

  fileprivate struct Call {
    let matrix: PackedMatrix
    let a: UnsafePointer<Float>
    let c: UnsafeMutablePointer<Float>
    let rows, aStride, cStride: Int
    let adding: Bool
    let arithmetic: Arithmetic
    let threads: Int
  }

  private final class Work: PoolWork, @unchecked Sendable {
    // SAFETY: as for the team.
    var call: Call?

    func run(part: Int) {
      guard let call else { return }
      call.matrix.multiplyAlone(
        call.a, into: call.c, rows: call.rows, aStride: call.aStride, cStride: call.cStride, adding: call.adding,
        panels: (0..<call.matrix.panelCount).part(part, of: call.threads), using: call.arithmetic)
    }
  }
}
