/// The n-grams of one order, as a model keeps them: see ``NGramModel``.
struct NGramLevel {
  /// The last token of each n-gram; empty at level 1, where n-gram i is token i.
  var tokens: UnsafeBufferPointer<UInt32>
  /// ln p(last token | the others).
  var logProbabilities: UnsafeBufferPointer<Float>
  /// ln γ of each n-gram as a context, 0 where nothing follows it; empty at the highest level.
  var logWeights = UnsafeBufferPointer<Float>(start: nil, count: 0)
  /// Where on the next level the n-grams begin that have this one as context, and behind the last one their number;
  /// empty at the highest level.
  var firstChildren: UnsafeBufferPointer<UInt32>

  /// The number of n-grams.
  var count: Int { logProbabilities.count }
}

/// Values that stay where they are as long as the object lives.
final class NGramMemory: @unchecked Sendable {
  // SAFETY: filled by the thread that makes it, before a model is made of it; never written after that.

  private var blocks: [UnsafeMutableRawBufferPointer] = []

  /// A copy of `values`.
  func copy<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeBufferPointer<Value> {
    if values.isEmpty { return UnsafeBufferPointer(start: nil, count: 0) }
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: values.count * MemoryLayout<Value>.stride, alignment: MemoryLayout<Value>.alignment)
    blocks.append(block)
    return UnsafeBufferPointer(block.initializeMemory(as: Value.self, fromContentsOf: values))
  }

  deinit { for block in blocks { block.deallocate() } }
}
