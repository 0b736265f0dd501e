import Tsuzuri
import TsuzuriKernels

/// What this machine does at most, on as many threads as a benchmark has: measured, since no data sheet knows how fast a
/// processor runs in this room.
final class MachineRates {
  private let pool: WorkerPool
  private let clock = ContinuousClock()
  private var rates: [ProductShape: Double] = [:]
  /// Each measurement takes so long, and the best of so many counts.
  private static let (seconds, attempts) = (0.01, 5)

  init(pool: WorkerPool) { self.pool = pool }

  /// The operations a second of oneDNN's sgemm at a size that suits it, on all threads.
  lazy var peak = rate(of: ProductShape(rows: 1024, columns: 1024, inner: 1024, form: .plain))

  /// The bytes a second that all threads together move to and from memory: x += y over far more than any cache holds.
  lazy var bandwidth: Double = {
    let count = 1 << 24
    let buffers = (0..<pool.threads).map { _ in [FloatBuffer(count: count), FloatBuffer(count: count)] }
    // Pages that nobody has written to are all the same one of zeros, which would be read from the cache.
    for buffer in buffers.joined() { buffer.pointer.update(repeating: 1, count: count) }
    let best = fastest { task in
      KernelSet.best.add(buffers[task][1].pointer, to: buffers[task][0].pointer, count: count)
    }
    // Two values are read and one is written.
    return Double(pool.threads * count * 3 * MemoryLayout<Float>.stride) / best
  }()

  /// The operations a second of products of a shape, one on each thread at the same time: the best of oneDNN and of our own
  /// product with a packed factor, with the factors stored as suits each, which a design may choose.
  func rate(of shape: ProductShape) -> Double {
    if let known = rates[shape] { return known }
    var forms = [shape.form]
    if shape.form != .transposedFirst { forms = [.plain, .transposedSecond, .packed] }
    let rate = forms.map {
      measure(ProductShape(rows: shape.rows, columns: shape.columns, inner: shape.inner, form: $0))
    }
    rates[shape] = rate.max()
    return rate.max() ?? 0
  }

  private func measure(_ shape: ProductShape) -> Double {
    guard shape.operations > 0 else { return .infinity }
    let (threads, form) = (pool.threads, shape.form)
    func numbers(_ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count: count)
      for i in 0..<count { buffer.pointer[i] = Float(i % 13) * 0.125 - 0.75 }
      return buffer
    }
    let first = (0..<threads).map { _ in numbers(shape.rows * shape.inner) }
    // Weights are the same for all threads, activations are each thread's own.
    let shared = numbers(shape.inner * shape.columns)
    let second = (0..<threads).map {
      form == .transposedFirst && $0 > 0 ? numbers(shape.inner * shape.columns) : shared
    }
    let results = (0..<threads).map { _ in FloatBuffer(count: shape.rows * shape.columns) }
    let (rows, columns, inner) = (shape.rows, shape.columns, shape.inner)
    let packed = PackedMatrix(columns: form == .packed ? columns : 0, inner: inner)
    packed.pack(shared.pointer, using: .best)
    let best = fastest { task in
      let (a, b, c) = (first[task].pointer, second[task].pointer, results[task].pointer)
      switch form {
      case .transposedFirst:
        MatrixProduct.oneDNN.multiply(transposed: a, by: b, into: c, rows: rows, columns: columns, inner: inner)
      case .transposedSecond:
        MatrixProduct.oneDNN.multiply(a, byTransposed: b, into: c, rows: rows, columns: columns, inner: inner)
      case .packed: packed.multiply(a, into: c, rows: rows, using: Arithmetic())
      case .plain: MatrixProduct.oneDNN.multiply(a, by: b, into: c, rows: rows, columns: columns, inner: inner)
      }
    }
    return shape.operations * Double(threads) / best
  }

  /// The seconds that all threads together need to do `work` once each, at best.
  private func fastest(_ work: @escaping @Sendable (Int) -> Void) -> Double {
    func seconds(times: Int) -> Double {
      let start = clock.now
      pool.run(tasks: pool.threads) { task in for _ in 0..<times { work(task) } }
      return (clock.now - start).seconds
    }
    _ = seconds(times: 1)
    let times = max(1, Int(Self.seconds / max(seconds(times: 1), 1e-7)))
    return (0..<Self.attempts).map { _ in seconds(times: times) / Double(times) }.min() ?? .infinity
  }
}
