/// How often each segment stands in a text: what a vocabulary is built from.
package struct SegmentCounts {
  /// The segments, numbered.
  package let table = ByteStringTable()
  /// The count of segment i.
  package private(set) var counts: [Int] = []

  package init() {}

  /// Adds `count` occurrences of `segment`.
  package mutating func add(_ segment: UnsafeBufferPointer<UInt8>, count: Int = 1) {
    let index = Int(table.intern(segment))
    if index == counts.count { counts.append(0) }
    counts[index] += count
  }

  /// The numbers of the segments that occur `minimumCount` times or more: the most frequent first, equally frequent
  /// ones in the order of their UTF-8 bytes. Nothing here depends on the order in which they were added.
  package func ranked(minimumCount: Int) -> [Int32] {
    struct Candidate {
      var count: Int
      /// The first eight bytes as a number, which settles nearly every tie without a look at the strings.
      var prefix: UInt64
      var index: Int32
    }
    var candidates: [Candidate] = []
    for index in 0..<Int32(counts.count) where counts[Int(index)] >= max(minimumCount, 1) {
      var prefix: UInt64 = 0
      let segment = table[index]
      for i in 0..<8 { prefix = prefix << 8 | (i < segment.count ? UInt64(segment[i]) : 0) }
      candidates.append(Candidate(count: counts[Int(index)], prefix: prefix, index: index))
    }
    candidates.sort { a, b in
      if a.count != b.count { return a.count > b.count }
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      return table[a.index].lexicographicallyPrecedes(table[b.index])
    }
    return candidates.map(\.index)
  }

  /// Keeps the segments that occur more than `threshold` times and forgets the others.
  package func removing(upTo threshold: Int) -> SegmentCounts {
    var kept = SegmentCounts()
    for index in 0..<Int32(counts.count) where counts[Int(index)] > threshold {
      kept.add(table[index], count: counts[Int(index)])
    }
    return kept
  }
}
