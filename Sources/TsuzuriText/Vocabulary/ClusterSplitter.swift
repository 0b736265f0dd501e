/// Cuts a short text, such as a word, into grapheme clusters. It serves one thread at a time.
///
/// Most words need no break iterator: where every scalar is a letter, an ideograph or a kana that joins with none
/// of the others, each is a cluster of its own.
package final class ClusterSplitter {
  /// Made when a text first needs it: most never do.
  private var segmenter: Segmenter?

  package init() {}

  /// Calls `body` with each cluster of `text`, which is valid UTF-8.
  ///
  /// - Throws: `TextError` where ICU cannot open its rules, and what `body` throws.
  package func forEachCluster(
    in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    if Self.isOfSoloScalars(text) {
      try Self.forEachScalar(in: text, body)
      return
    }
    let units = Array(String(decoding: text, as: UTF8.self).utf16)
    let block = TextBlock(index: 0, units: units, endsInUnfinishedLine: false)
    let segmenter = try segmenter ?? Segmenter(SegmentationOptions(level: .character))
    self.segmenter = segmenter
    try segmenter.forEachSegment(in: block) { cluster, _ in try body(cluster) }
  }

  /// Calls `body` with the bytes of each scalar of `text`, which is valid UTF-8.
  package static func forEachScalar(
    in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    var start = 0
    while start < text.count {
      let end = start + scalarLength(leadingByte: text[start])
      try body(UnsafeBufferPointer(rebasing: text[start..<min(end, text.count)]))
      start = end
    }
  }

  @inline(__always)
  private static func scalarLength(leadingByte byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }

  /// Whether all scalars lie in ranges whose Grapheme_Cluster_Break is Other, without the zero width joiner: by
  /// rule GB999 there is a boundary between any two of them.
  ///
  /// Source: Unicode 15.0, auxiliary/GraphemeBreakProperty.txt, where these ranges do not occur.
  private static func isOfSoloScalars(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var i = 0
    while i < text.count {
      let byte = text[i]
      if byte < 0x80 {
        if byte < 0x20 || byte == 0x7F { return false }
        i += 1
      } else if byte >= 0xE3, byte < 0xF0, i + 2 < text.count {
        let scalar = UInt32(byte & 0x0F) << 12 | UInt32(text[i + 1] & 0x3F) << 6 | UInt32(text[i + 2] & 0x3F)
        switch scalar {
        // Punctuation up to the tone marks, kana without the two combining voice marks, ideographs, wide forms.
        case 0x3000...0x3029, 0x3030...0x3098, 0x309B...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
          0xFF01...0xFF9D:
          i += 3
        default: return false
        }
      } else {
        return false
      }
    }
    return true
  }
}
