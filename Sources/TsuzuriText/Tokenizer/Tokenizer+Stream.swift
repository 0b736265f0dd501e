import Synchronization

/// The tokens of one stretch of a text.
public struct EncodedBlock: Sendable {
  /// The ids, one a token.
  public let ids: [Int32]
  /// What is to be known of each token.
  public let flags: [TokenFlags]
  /// What the stretch holds.
  public let counts: TextCounts
}

/// What a text, or a stretch of one, holds.
public struct TextCounts: Codable, Sendable, Hashable {
  /// The tokens.
  public var tokens = 0
  /// The segments: fewer than the tokens where some were spelled.
  public var segments = 0
  /// The bytes of the normalised text in UTF-8.
  public var utf8 = 0
  /// The Unicode scalars of the normalised text.
  public var scalars = 0
  /// The segments that the vocabulary has no token for: spelled, or replaced by `<unk>`. A word that reads `<unk>` in
  /// the text is not among them.
  public var unknown = 0

  /// Counts of nothing.
  public init() {}

  /// The sum of both.
  public static func + (a: TextCounts, b: TextCounts) -> TextCounts {
    var sum = a
    sum.tokens += b.tokens
    sum.segments += b.segments
    sum.utf8 += b.utf8
    sum.scalars += b.scalars
    sum.unknown += b.unknown
    return sum
  }

  /// Adds `b` to `a`.
  public static func += (a: inout TextCounts, b: TextCounts) { a = a + b }
}

extension Tokenizer {
  /// Encodes a text of any length and calls `body` with its tokens, stretch by stretch and in order, without the
  /// `<eos>` that is fed before it. Up to `threads` stretches are encoded at once; the result is the same for any
  /// number.
  ///
  /// - Returns: the counts of the whole text.
  /// - Throws: `TextError` where the text cannot be read, and what `body` throws.
  @discardableResult
  public func encode(
    _ source: TextSource, threads: Int = 1, _ body: (EncodedBlock) throws -> Void
  ) throws -> TextCounts {
    precondition(threads >= 1, "encoding takes at least one thread, not \(threads)")
    let workers = try WorkerSet(count: threads) { try BlockEncoder(tokenizer: self) }
    let reader = try TextBlockReader(
      source, text: configuration.text, segmentation: configuration.segmentation)
    let queue = BlockQueue(reader)
    var total = TextCounts()
    while true {
      let encoded = try Self.encodeSome(of: queue, by: workers)
      if encoded.isEmpty { return total }
      for block in encoded {
        total += block.counts
        try body(block)
      }
    }
  }

  /// Takes the next few blocks from the queue and encodes them, several at once.
  private static func encodeSome(
    of queue: BlockQueue, by workers: WorkerSet<BlockEncoder>
  ) throws -> [EncodedBlock] {
    let blocksAWorker = 2
    let results = Mutex<[(index: Int, block: EncodedBlock)]>([])
    try workers.run { worker, _ in
      for _ in 0..<blocksAWorker {
        guard let (index, block) = try queue.next() else { return }
        let encoded = try worker.encode(block)
        results.withLock { $0.append((index, encoded)) }
      }
    }
    return results.withLock { $0.sorted { $0.index < $1.index } }.map(\.block)
  }
}

/// Hands out the blocks of one reader to several threads, numbered in the order of the text.
private final class BlockQueue: Sendable {
  private struct State {
    var reader: TextBlockReader
    var taken = 0
    /// Whether the reader ended or failed, after which it is not asked again.
    var isDone = false
  }

  private let state: Mutex<State>

  init(_ reader: sending TextBlockReader) { state = Mutex(State(reader: reader)) }

  func next() throws -> (index: Int, block: TextBlock)? {
    try state.withLock { state in
      if state.isDone { return nil }
      // Until the block is there, the reader counts as ended: an error ends it, too.
      state.isDone = true
      guard let block = try state.reader.next() else { return nil }
      state.isDone = false
      defer { state.taken += 1 }
      return (state.taken, block)
    }
  }
}

/// Cuts blocks into segments and these into tokens. It serves one thread at a time.
private final class BlockEncoder {
  private let segmenter: Segmenter
  private let encoder: SegmentEncoder

  init(tokenizer: Tokenizer) throws {
    segmenter = try Segmenter(tokenizer.configuration.segmentation)
    encoder = SegmentEncoder(vocabulary: tokenizer.vocabulary, level: tokenizer.level)
  }

  func encode(_ block: TextBlock) throws -> EncodedBlock {
    var ids: [Int32] = []
    var flags: [TokenFlags] = []
    var counts = TextCounts()
    try segmenter.forEachSegment(in: block) { segment, kind in
      let segmentFlags = try encoder.encode(segment, kind, into: &ids)
      if !segmentFlags.isDisjoint(with: [.spelled, .unknown]) { counts.unknown += 1 }
      flags.append(segmentFlags.union(.segmentStart))
      while flags.count < ids.count { flags.append(segmentFlags) }
      counts.segments += 1
    }
    counts.tokens = ids.count
    counts.utf8 = block.utf8Count
    counts.scalars = block.scalarCount
    return EncodedBlock(ids: ids, flags: flags, counts: counts)
  }
}
