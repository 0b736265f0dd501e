internal import TsuzuriKernels

/// The next tokens of all samples of a step, drawn by several threads where that pays: over a large vocabulary the draws
/// of a batch take as long as its products.
///
/// Each sample has its own randomness and each part a sampler of its own, so the tokens do not depend on the threads.
final class SharedDraw: PoolWork, @unchecked Sendable {
  // SAFETY: one loop owns it and calls it from one thread at a time. `writers`, `logits` and `errors` are written before
  // the threads are called and read when they have met again; each part has samples and a sampler of its own.

  private let samplers: [Sampler]
  private let vocabularySize: Int
  private let pool: WorkerPool
  private var writers = UnsafeMutableBufferPointer<SampleWriter>(start: nil, count: 0)
  private var logits = UnsafeBufferPointer<Float>(start: nil, count: 0)
  private let errors: UnsafeMutableBufferPointer<(any Error)?>

  /// How many logits are weighed in some times the time of a meeting, when the threads still spin from the last product.
  static let threshold = 1 << 13

  init(rules: SamplingRules, vocabularySize: Int, samples: Int, pool: WorkerPool) {
    let parts = samples * vocabularySize >= Self.threshold ? min(pool.threads, samples) : 1
    self.pool = pool
    self.vocabularySize = vocabularySize
    samplers = (0..<parts).map { _ in Sampler(rules: rules, vocabularySize: vocabularySize) }
    errors = .allocate(capacity: parts)
    errors.initialize(repeating: nil)
  }

  deinit {
    errors.deinitialize()
    errors.deallocate()
  }

  /// Lets every sample that has not ended draw from its row of `logits` [samples, V].
  ///
  /// - Throws: what the first sample that cannot draw throws.
  func draw(_ writers: inout [SampleWriter], from logits: UnsafeBufferPointer<Float>) throws {
    writers.withUnsafeMutableBufferPointer { writers in
      (self.writers, self.logits) = (writers, logits)
      pool.run(tasks: samplers.count, self)
    }
    // Parts stand in the order of the samples.
    defer { errors.update(repeating: nil) }
    if let first = errors.lazy.compactMap({ $0 }).first { throw first }
  }

  func run(part: Int) {
    do {
      for index in writers.indices.part(part, of: samplers.count) where writers[index].isDrawing {
        let row = logits[index * vocabularySize..<(index + 1) * vocabularySize]
        try writers[index].draw(UnsafeBufferPointer(rebasing: row), samplers[part])
      }
    } catch {
      errors[part] = error
    }
  }
}
