import Synchronization
import TsuzuriText

extension CorpusSegments {
  /// Writes the tokens of all segments, with `<eos>` before each text, or at the whitespace level before the first.
  ///
  /// - Returns: what the text holds.
  func writeTokens(
    to writer: TokenFileWriter, vocabulary: Vocabulary, level: TokenLevel, threads: Int
  ) throws -> TextCounts {
    var counts = TextCounts()
    try writer.append(Vocabulary.endOfText)
    for (index, chapter) in chapters.enumerated() {
      let translations = try translations(for: chapter, vocabulary: vocabulary, level: level)
      // A separator before the very first text would be the second `<eos>` in a row.
      counts.unknown += try write(
        chapter, to: writer, by: translations, threads: threads, separatesTexts: level != .whitespace,
        isFirst: index == 0)
      for block in chapter.blocks {
        counts.segments += block.segmentCount
        counts.utf8 += block.utf8
        counts.scalars += block.scalars
      }
    }
    counts.tokens = writer.count - 1
    return counts
  }

  /// The translation of each worker's numbers.
  private func translations(
    for chapter: SpooledChapter, vocabulary: Vocabulary, level: TokenLevel
  ) throws -> [Int: SegmentTranslation] {
    let results = Mutex<[Int: SegmentTranslation]>([:])
    let encoders = WorkerSet(count: chapter.dictionaries.count) {
      SegmentEncoder(vocabulary: vocabulary, level: level)
    }
    try encoders.run { encoder, index in
      let dictionary = chapter.dictionaries[index]
      let texts = try spool.texts(of: dictionary)
      var translation = SegmentTranslation()
      for number in 0..<texts.count {
        try texts.withSegment(number) { try translation.append($0, by: encoder) }
      }
      let finished = translation
      results.withLock { $0[dictionary.worker] = finished }
    }
    return results.withLock { $0 }
  }

  /// Translates the chapter's blocks on several threads and writes them in their order. Nobody waits for a turn:
  /// whoever finishes a block hands it in, and writes all that is next if nobody else does.
  ///
  /// - Returns: how many of the segments have no token of their own.
  private func write(
    _ chapter: SpooledChapter, to writer: TokenFileWriter, by translations: [Int: SegmentTranslation], threads: Int,
    separatesTexts: Bool, isFirst: Bool
  ) throws -> Int {
    struct Desk {
      var taken = 0
      var handedIn: [Int: [Int32]] = [:]
      var written = 0
      var isWriting = false
      var unknown = 0
      var failed = false
    }
    let desk = Mutex(Desk())
    // SAFETY: only the thread that set `isWriting` uses the writer, and gives it up under the same lock.
    nonisolated(unsafe) let writer = writer
    try WorkerSet(count: min(threads, chapter.blocks.count)) {}.run { _, _ in
      do {
        while let next = desk.withLock({ desk -> Int? in
          guard desk.taken < chapter.blocks.count, !desk.failed else { return nil }
          desk.taken += 1
          return desk.taken - 1
        }) {
          let block = chapter.blocks[next]
          guard let translation = translations[block.worker] else { continue }
          var ids: [Int32] = []
          ids.reserveCapacity(block.segmentCount + block.segmentCount / 8 + 1)
          if block.beginsText, separatesTexts, !(isFirst && next == 0) { ids.append(Vocabulary.endOfText) }
          let unknown = translation.append(try spool.numbers(of: block), to: &ids)
          let finished = ids
          desk.withLock {
            $0.handedIn[next] = finished
            $0.unknown += unknown
          }
          while let ids = desk.withLock({ desk -> [Int32]? in
            guard !desk.isWriting, let ids = desk.handedIn.removeValue(forKey: desk.written) else { return nil }
            desk.isWriting = true
            return ids
          }) {
            try ids.withUnsafeBufferPointer { try writer.append($0) }
            desk.withLock {
              $0.written += 1
              $0.isWriting = false
            }
          }
        }
      } catch {
        desk.withLock { $0.failed = true }
        throw error
      }
    }
    return desk.withLock { $0.unknown }
  }
}
