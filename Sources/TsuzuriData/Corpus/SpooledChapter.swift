/// Where the numbered segments of one block of text are.
struct SpooledBlock: Sendable {
  /// The place of the block in the corpus.
  var index: Int
  /// The stretch of the corpus that the block belongs to.
  var chapter: Int
  /// Whether a text of the corpus begins with this block.
  var beginsText: Bool
  /// Whose numbers they are.
  var worker: Int
  var offset: Int
  var segmentCount: Int
  /// Whether a number takes two bytes, and not four.
  var isNarrow: Bool
  var utf8: Int
  var scalars: Int
}

/// Where the texts of the segments are that one worker numbered in one chapter.
struct SpooledDictionary: Sendable {
  var chapter: Int
  var worker: Int
  /// The number of segments told apart.
  var count: Int
  var countsOffset: Int
  var endsOffset: Int
  var textOffset: Int
  var textCount: Int
}

/// A stretch of the corpus in which the workers kept their numbers.
///
/// A chapter's end depends on the text alone, and so does everything that is done once a chapter.
struct SpooledChapter: Sendable {
  /// In the order of the text.
  var blocks: [SpooledBlock] = []
  /// One a worker that had a block, in the order of the workers.
  var dictionaries: [SpooledDictionary] = []

  var segmentCount: Int { blocks.reduce(0) { $0 + $1.segmentCount } }
}
