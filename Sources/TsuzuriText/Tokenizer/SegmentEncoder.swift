/// What is to be known of a token beside its id.
public struct TokenFlags: OptionSet, Sendable, Hashable {
  /// The bits.
  public let rawValue: UInt8

  /// Creates flags from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The token is part of a segment that has no token of its own and was spelled.
  public static let spelled = TokenFlags(rawValue: 1)
  /// The token is `<unk>` in place of a word that is not in the vocabulary.
  public static let unknown = TokenFlags(rawValue: 2)
  /// The token is the end of a line (whitespace level).
  public static let lineEnd = TokenFlags(rawValue: 4)
  /// The token is the first of its segment.
  public static let segmentStart = TokenFlags(rawValue: 8)
}

/// Segment → ids: the one place where text that has no token is spelled. It serves one thread at a time.
///
/// A word without a token is spelled with its grapheme clusters, a cluster without a token with its scalars, a
/// scalar without a token with its bytes: so every text has tokens, and they join to the same bytes again.
package final class SegmentEncoder {
  private let vocabulary: Vocabulary
  /// Whether segments can be more than one cluster.
  private let level: TokenLevel
  private let splitter = ClusterSplitter()

  package init(vocabulary: Vocabulary, level: TokenLevel) {
    self.vocabulary = vocabulary
    self.level = level
  }

  /// Appends the ids of `segment` and says what they are.
  package func encode(
    _ segment: UnsafeBufferPointer<UInt8>, _ kind: SegmentKind, into ids: inout [Int32]
  ) throws -> TokenFlags {
    if kind == .lineEnd {
      ids.append(Vocabulary.endOfText)
      return .lineEnd
    }
    if level == .byte {
      for byte in segment { ids.append(Vocabulary.firstByte + Int32(byte)) }
      return []
    }
    let id = vocabulary.find(segment)
    if id >= 0 {
      // A word that reads `<unk>` in a corpus made elsewhere is that corpus's ordinary word, not one unknown to us.
      ids.append(id)
      return []
    }
    if vocabulary.kind == .closed {
      ids.append(Vocabulary.unknown)
      return .unknown
    }
    if level == .word {
      try splitter.forEachCluster(in: segment) { spell(cluster: $0, into: &ids) }
    } else {
      spell(cluster: segment, into: &ids)
    }
    return .spelled
  }

  private func spell(cluster: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    if append(cluster, to: &ids) { return }
    ClusterSplitter.forEachScalar(in: cluster) { scalar in
      // A cluster of one scalar was looked up already.
      if scalar.count < cluster.count, append(scalar, to: &ids) { return }
      for byte in scalar { ids.append(Vocabulary.firstByte + Int32(byte)) }
    }
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) -> Bool {
    let id = vocabulary.find(text)
    if id >= 0 { ids.append(id) }
    return id >= 0
  }
}
