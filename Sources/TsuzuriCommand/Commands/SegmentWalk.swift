import Tsuzuri
import TsuzuriText

/// Goes through the segments of texts, where there is no vocabulary to make tokens of them.
enum SegmentWalk {
  /// Calls `body` with the written form of each segment.
  static func forEachSegment(
    of files: [String], _ settings: Settings, _ body: (String) throws -> Void
  ) throws -> TextCounts {
    let configuration = try settings.tokenizerConfiguration()
    let segmenter = try Segmenter(configuration.segmentation)
    var counts = TextCounts()
    for source in try CorpusListing.sources(at: files) {
      var reader = try TextBlockReader(
        source, text: configuration.text, segmentation: configuration.segmentation)
      while let block = try reader.next() {
        try segmenter.forEachSegment(in: block) { segment, kind in
          counts.segments += 1
          switch kind {
          case .lineEnd: try body(TokenEscaping.endOfText)
          case .text where configuration.level == .byte: try body(TokenEscaping.escaped(byte: segment[0]))
          case .text: try body(TokenEscaping.escaped(segment))
          }
        }
        counts.utf8 += block.utf8Count
        counts.scalars += block.scalarCount
      }
    }
    counts.tokens = counts.segments
    return counts
  }
}
