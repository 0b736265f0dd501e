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
          case .text: try body(written(segment, configuration.level))
          }
        }
        counts.utf8 += block.utf8Count
        counts.scalars += block.scalarCount
      }
    }
    counts.tokens = counts.segments
    return counts
  }

  private static func written(_ segment: UnsafeBufferPointer<UInt8>, _ level: TokenLevel) -> String {
    // At the whitespace level these two words are the special tokens, not text that merely reads so.
    let specials = [TokenEscaping.endOfText, TokenEscaping.unknown]
    if level == .whitespace, let special = specials.first(where: { segment.elementsEqual($0.utf8) }) { return special }
    return TokenEscaping.escaped(segment)
  }
}
