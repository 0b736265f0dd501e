import Synchronization
import TsuzuriText

/// A corpus cut into numbered segments: the one pass over the text, from which both the vocabulary and the tokens
/// are made.
///
/// Each worker numbers the segments it meets, so that the passes after this one do per *type* what would else be
/// done per segment: counting, looking up, spelling. The numbers go to a spool on disk, and every chapter (16 MB of
/// text) begins with empty dictionaries: so the memory needed is bounded, whatever the text.
struct CorpusSegments: Sendable {
  /// The counts of a corpus with more types than this forget the rarest.
  static let largestTypeCount = 1 << 20

  let chapters: [SpooledChapter]
  let spool: SegmentSpool
  /// All segments of the corpus, line ends included.
  let segmentCount: Int

  /// Reads the corpus.
  init(
    queue: CorpusBlockQueue, segmentation: SegmentationOptions, threads: Int, spoolFolder: String
  ) throws {
    let spool = try SegmentSpool(folder: spoolFolder)
    var worker = -1
    let workers = try WorkerSet(count: threads) {
      worker += 1
      return try SegmentNumberer(segmentation, worker: worker, spool: spool)
    }
    let written = Mutex<(blocks: [SpooledBlock], dictionaries: [SpooledDictionary])>(([], []))
    try workers.run { worker, _ in
      while let item = try queue.next() {
        let (block, finished) = try worker.number(item)
        written.withLock {
          $0.blocks.append(block)
          if let finished { $0.dictionaries.append(finished) }
        }
      }
      if let last = try worker.finishChapter() { written.withLock { $0.dictionaries.append(last) } }
    }
    chapters = written.withLock { written in
      var chapters = [SpooledChapter](
        repeating: SpooledChapter(), count: (written.dictionaries.map(\.chapter).max() ?? -1) + 1)
      for block in written.blocks.sorted(by: { $0.index < $1.index }) { chapters[block.chapter].blocks.append(block) }
      for dictionary in written.dictionaries.sorted(by: { $0.worker < $1.worker }) {
        chapters[dictionary.chapter].dictionaries.append(dictionary)
      }
      return chapters
    }
    self.spool = spool
    segmentCount = chapters.reduce(0) { $0 + $1.segmentCount }
  }

  /// How often each segment stands among the first `limit`.
  ///
  /// Where a corpus has more than a million types (1,048,576), those that were rarest so far are forgotten at a
  /// chapter's end: which, depends on the text alone.
  func counts(ofFirst limit: Int) throws -> SegmentCounts {
    var total = SegmentCounts()
    var rest = limit
    for chapter in chapters where rest > 0 {
      let counts = try counts(of: chapter, first: rest)
      rest -= min(rest, chapter.segmentCount)
      for (dictionary, counts) in zip(chapter.dictionaries, counts) {
        let texts = try spool.texts(of: dictionary)
        for (number, count) in counts.enumerated() where count > 0 {
          texts.withSegment(number) { total.add($0, count: Int(count)) }
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

  /// The counts of each dictionary's numbers in the first `limit` segments of the chapter. The workers counted the
  /// chapter as a whole: what stands behind the first ones is taken off.
  private func counts(of chapter: SpooledChapter, first limit: Int) throws -> [[UInt32]] {
    var counts = try chapter.dictionaries.map { try spool.counts(of: $0) }
    var rest = limit
    for block in chapter.blocks {
      let taken = min(rest, block.segmentCount)
      rest -= taken
      if taken == block.segmentCount { continue }
      guard let owner = chapter.dictionaries.firstIndex(where: { $0.worker == block.worker }) else { continue }
      try spool.numbers(of: block).forEach(in: taken..<block.segmentCount) { number in
        if let number { counts[owner][number] -= 1 }
      }
    }
    return counts
  }

  /// How much text the last `count` segments take at the whitespace level.
  ///
  /// A segment does not say how many blanks stand beside it. In the one block where the count may begin inside, each
  /// segment has an equal share of the blanks, so that whole blocks are exact.
  func textLength(ofLast count: Int) throws -> (utf8: Int, scalars: Int) {
    var (utf8, scalars) = (0, 0)
    var rest = count
    for chapter in chapters.reversed() {
      for block in chapter.blocks.reversed() where rest > 0 {
        if rest >= block.segmentCount {
          utf8 += block.utf8
          scalars += block.scalars
        } else if let dictionary = chapter.dictionaries.first(where: { $0.worker == block.worker }) {
          let texts = try spool.texts(of: dictionary)
          let numbers = try spool.numbers(of: block)
          func lengths(_ range: Range<Int>) -> (utf8: Int, scalars: Int) {
            var sum = (utf8: 0, scalars: 0)
            numbers.forEach(in: range) { number in
              guard let number else { return }
              texts.withSegment(number) { text in
                sum.utf8 += text.count
                sum.scalars += text.count { $0 & 0xC0 != 0x80 }
              }
            }
            return sum
          }
          let all = lengths(0..<block.segmentCount)
          let last = lengths(block.segmentCount - rest..<block.segmentCount)
          let share = Double(rest) / Double(block.segmentCount)
          utf8 += last.utf8 + Int((Double(block.utf8 - all.utf8) * share).rounded())
          scalars += last.scalars + Int((Double(block.scalars - all.scalars) * share).rounded())
        }
        rest -= min(rest, block.segmentCount)
      }
    }
    return (utf8, scalars)
  }
}
