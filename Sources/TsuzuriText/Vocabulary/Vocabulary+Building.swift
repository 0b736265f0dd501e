extension Vocabulary {
  /// The longest text that becomes a token of a spelling vocabulary, in bytes. Longer segments are not language.
  private static let longestToken = 256

  /// Builds the vocabulary of `level` from the counts of its segments.
  ///
  /// Words share the room that the special tokens leave with the characters that spell them: the most frequent
  /// characters come first and take a quarter of it, or what the words do not need.
  ///
  /// `more`, at the character level, is what has a token whether it stands in the text or not: behind what was counted,
  /// in the order given.
  ///
  /// - Throws: `VocabularyError` where the options do not fit the level, `TextError` where ICU fails.
  package init(
    level: TokenLevel, counts: SegmentCounts, options: VocabularyOptions, more: [[UInt8]] = []
  ) throws {
    try options.validate(for: level)
    precondition(more.isEmpty || level == .character, "more tokens are asked for at the level '\(level.rawValue)'")
    switch level {
    case .byte: self = .bytes
    case .whitespace: self.init(wordsOf: counts, options: options)
    case .character:
      let room = (options.size ?? .max) - Int(Self.firstText)
      let table = ByteStringTable()
      Self.append(counts, counts.ranked(minimumCount: options.minimumCount), to: table, limit: room)
      for text in more where table.count < room { _ = text.withUnsafeBufferPointer { table.intern($0) } }
      self.init(kind: .spelling, table: table)
    case .word: try self.init(charactersAndWordsOf: counts, options: options)
    }
  }

  private init(wordsOf counts: SegmentCounts, options: VocabularyOptions) {
    let table = ByteStringTable()
    for special in [TokenEscaping.endOfText, TokenEscaping.unknown] {
      Array(special.utf8).withUnsafeBufferPointer { _ = table.intern($0) }
    }
    for word in counts.ranked(minimumCount: options.minimumCount) {
      if table.count == options.size { break }
      _ = table.intern(counts.table[word])
    }
    self.init(kind: .closed, table: table)
  }

  private init(charactersAndWordsOf counts: SegmentCounts, options: VocabularyOptions) throws {
    let splitter = ClusterSplitter()
    var characters = SegmentCounts()
    for (word, count) in counts.counts.enumerated() where count > 0 {
      try splitter.forEachCluster(in: counts.table[Int32(word)]) { characters.add($0, count: count) }
    }
    let words = counts.ranked(minimumCount: options.minimumCount).filter {
      characters.table.find(counts.table[$0]) < 0
    }
    let room = (options.size ?? .max) - Int(Self.firstText)
    let table = ByteStringTable()
    Self.append(
      characters, characters.ranked(minimumCount: options.minimumCount), to: table,
      limit: max(room / 4, room - words.count))
    // `words` leaves out the words of one cluster: they are characters, and were weighed as such.
    Self.append(counts, words, to: table, limit: room)
    self.init(kind: .spelling, table: table)
  }

  private static func append(
    _ counts: SegmentCounts, _ ranked: [Int32], to table: ByteStringTable, limit: Int
  ) {
    for segment in ranked {
      if table.count >= limit { return }
      let text = counts.table[segment]
      if text.count <= longestToken { _ = table.intern(text) }
    }
  }
}
