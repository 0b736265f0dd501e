import Synchronization
import TsuzuriText

/// A corpus cut into numbered segments: the one pass over the text, from which both the vocabulary and the tokens
/// are made.
///
/// Each worker numbers the segments it meets, so that the passes after this one do per *type* what would else be
/// done per segment: counting, looking up, spelling. The numbers go to a spool on disk, and every chapter (64 MB of
/// text) begins with empty dictionaries: so the memory needed is bounded, whatever the text.
struct CorpusSegments: Sendable {
  /// The counts of a corpus with more types than this forget the rarest.
  private static let largestTypeCount = 1 << 23

  let chapters: [SpooledChapter]
  private let spool: SpoolMapping

  /// All segments of the corpus, line ends included.
  let segmentCount: Int

  /// Reads the corpus.
  init(
    queue: CorpusBlockQueue, segmentation: SegmentationOptions, threads: Int, spoolFolder: String
  ) throws {
    let spool = try SegmentSpool(folder: spoolFolder)
    let workers = try WorkerSet(count: threads) { try SegmentNumberer(segmentation) }
    var chapters: [SpooledChapter] = []
    repeat {
      queue.beginChapter()
      let written = Mutex<(blocks: [SpooledBlock], dictionaries: [(worker: Int, SpooledDictionary)])>(([], []))
      try workers.run { worker, number in
        while let item = try queue.next() {
          let block = try worker.number(item, worker: number, spool: spool)
          written.withLock { $0.blocks.append(block) }
        }
        let dictionary = try worker.writeDictionary(to: spool)
        written.withLock { $0.dictionaries.append((number, dictionary)) }
      }
      let chapter = written.withLock { written in
        SpooledChapter(
          blocks: written.blocks.sorted { $0.index < $1.index },
          dictionaries: written.dictionaries.sorted { $0.worker < $1.worker }.map(\.1))
      }
      if !chapter.blocks.isEmpty { chapters.append(chapter) }
    } while !queue.isAtEnd
    self.chapters = chapters
    self.spool = try spool.mapped()
    segmentCount = chapters.reduce(0) { sum, chapter in chapter.blocks.reduce(sum) { $0 + $1.segmentCount } }
  }

  /// How often each segment stands among the first `limit`.
  ///
  /// Where a corpus has more than eight million types, those that were rarest so far are forgotten at a chapter's
  /// end: which, depends on the text alone.
  func counts(ofFirst limit: Int) -> SegmentCounts {
    var total = SegmentCounts()
    var rest = limit
    for chapter in chapters where rest > 0 {
      var counts = chapter.dictionaries.map { [Int](repeating: 0, count: $0.count) }
      for block in chapter.blocks where rest > 0 {
        let segments = spool.segments(of: block)
        let taken = min(rest, segments.count)
        counts[block.worker].withUnsafeMutableBufferPointer { counts in
          for i in 0..<taken where segments[i] != SpooledBlock.lineEnd { counts[Int(segments[i])] += 1 }
        }
        rest -= taken
      }
      for (dictionary, counts) in zip(chapter.dictionaries, counts) {
        for (index, count) in counts.enumerated() where count > 0 {
          total.add(spool.segment(index, of: dictionary), count: count)
        }
      }
      var threshold = 1
      while total.table.count > Self.largestTypeCount {
        total = total.removing(upTo: threshold)
        threshold += 1
      }
    }
    return total
  }

  /// How much text the last `count` segments take at the whitespace level.
  ///
  /// A segment does not say how many blanks stand beside it. In the one block where the count may begin inside, each
  /// segment has an equal share of the blanks, so that whole blocks are exact.
  func textLength(ofLast count: Int) -> (utf8: Int, scalars: Int) {
    var (utf8, scalars) = (0, 0)
    var rest = count
    for chapter in chapters.reversed() {
      for block in chapter.blocks.reversed() where rest > 0 {
        if rest >= block.segmentCount {
          utf8 += block.utf8
          scalars += block.scalars
        } else {
          let dictionary = chapter.dictionaries[block.worker]
          let segments = spool.segments(of: block)
          func lengths(_ segments: some Sequence<UInt32>) -> (utf8: Int, scalars: Int) {
            segments.reduce(into: (utf8: 0, scalars: 0)) { sum, number in
              guard number != SpooledBlock.lineEnd else { return }
              let text = spool.segment(Int(number), of: dictionary)
              sum.utf8 += text.count
              sum.scalars += text.count { $0 & 0xC0 != 0x80 }
            }
          }
          let (all, last) = (lengths(segments), lengths(segments.suffix(rest)))
          let share = Double(rest) / Double(block.segmentCount)
          utf8 += last.utf8 + Int((Double(block.utf8 - all.utf8) * share).rounded())
          scalars += last.scalars + Int((Double(block.scalars - all.scalars) * share).rounded())
        }
        rest -= min(rest, block.segmentCount)
      }
    }
    return (utf8, scalars)
  }

  /// Writes the tokens of all segments, with `<eos>` before each text, or at the whitespace level before the first.
  ///
  /// - Returns: what the text holds.
  func writeTokens(
    to writer: TokenFileWriter, vocabulary: Vocabulary, level: TokenLevel, threads: Int
  ) throws -> TextCounts {
    var counts = TextCounts()
    try writer.append(Vocabulary.endOfText)
    var isFirst = true
    for chapter in chapters {
      let translations = try translations(for: chapter, vocabulary: vocabulary, level: level, threads: threads)
      for block in chapter.blocks {
        if block.beginsText, !isFirst, level != .whitespace { try writer.append(Vocabulary.endOfText) }
        isFirst = false
        counts.unknown += try translations[block.worker].write(spool.segments(of: block), to: writer)
        counts.segments += block.segmentCount
        counts.utf8 += block.utf8
        counts.scalars += block.scalars
      }
    }
    counts.tokens = writer.count - 1
    return counts
  }

  private func translations(
    for chapter: SpooledChapter, vocabulary: Vocabulary, level: TokenLevel, threads: Int
  ) throws -> [SegmentTranslation] {
    let results = Mutex<[(worker: Int, translation: SegmentTranslation)]>([])
    let encoders = WorkerSet(count: chapter.dictionaries.count) {
      SegmentEncoder(vocabulary: vocabulary, level: level)
    }
    try encoders.run { encoder, worker in
      var translation = SegmentTranslation()
      let dictionary = chapter.dictionaries[worker]
      for index in 0..<dictionary.count {
        try translation.append(spool.segment(index, of: dictionary), by: encoder)
      }
      let finished = translation
      results.withLock { $0.append((worker, finished)) }
    }
    return results.withLock { $0.sorted { $0.worker < $1.worker } }.map(\.translation)
  }
}

/// Cuts blocks and numbers the segments. It serves one thread at a time.
private final class SegmentNumberer {
  private let segmenter: Segmenter
  private var table = ByteStringTable()
  private var numbers: [UInt32] = []

  init(_ options: SegmentationOptions) throws { segmenter = try Segmenter(options) }

  func number(_ item: CorpusBlockQueue.Item, worker: Int, spool: SegmentSpool) throws -> SpooledBlock {
    numbers.removeAll(keepingCapacity: true)
    if segmenter.options.level == .byte {
      numberBytes(of: item.block)
    } else {
      try numberSegments(of: item.block)
    }
    return SpooledBlock(
      index: item.index, beginsText: item.beginsText, worker: worker,
      offset: try numbers.withUnsafeBytes { try spool.append($0) }, segmentCount: numbers.count,
      utf8: item.block.utf8Count, scalars: item.block.scalarCount)
  }

  /// Each byte is its own number: with no more than these to tell apart, none need be looked up.
  private func numberBytes(of block: TextBlock) {
    if table.count == 0 {
      for byte in UInt8.min...UInt8.max {
        _ = withUnsafePointer(to: byte) { table.intern(UnsafeBufferPointer(start: $0, count: 1)) }
      }
    }
    numbers.append(contentsOf: block.bytes.lazy.map(UInt32.init))
  }

  private func numberSegments(of block: TextBlock) throws {
    try segmenter.forEachSegment(in: block) { segment, kind in
      numbers.append(
        kind == .lineEnd ? SpooledBlock.lineEnd : UInt32(bitPattern: table.intern(segment)))
    }
  }

  /// Writes down which segment has which number, and begins anew.
  func writeDictionary(to spool: SegmentSpool) throws -> SpooledDictionary {
    defer { table = ByteStringTable() }
    return try table.withStorage { ends, text in
      SpooledDictionary(
        endsOffset: try spool.append(ends), textOffset: try spool.append(text), count: table.count)
    }
  }
}
