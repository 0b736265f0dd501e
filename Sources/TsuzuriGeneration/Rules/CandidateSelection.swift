/// A token that may be the last one that a rule keeps.
struct Candidate {
  /// What is kept first: a logit, or how near a token is to what is looked for.
  var key: Double
  var id: Int32
  var weight: Double

  /// The order in which the rules keep tokens. No two tokens are equal in it, so every cut is the only one.
  func precedes(_ other: Candidate) -> Bool {
    key > other.key || (key == other.key && id < other.id)
  }
}

/// Finds the end of a prefix in the order of ``Candidate/precedes(_:)`` without sorting what does not matter.
///
/// - Complexity: O(n) on average for n candidates.
///
/// Source: Hoare 1961, "Algorithm 65: find", with sums of weights in place of counts.
struct CandidateSelection {
  private var candidates: [Candidate]
  private var count = 0

  init(capacity: Int) {
    candidates = [Candidate](repeating: Candidate(key: 0, id: 0, weight: 0), count: capacity)
  }

  mutating func removeAll() { count = 0 }

  mutating func append(_ candidate: Candidate) {
    candidates[count] = candidate
    count += 1
  }

  /// The last candidate of the smallest prefix whose weights sum to `target` or more; the last of all where they do
  /// not. There must be one.
  mutating func prefix(reaching target: Double) -> Candidate {
    let count = count
    return candidates.withUnsafeMutableBufferPointer { candidates in
      var before = 0.0
      var low = 0
      var high = count
      while high - low > 1 {
        let pivot = Self.partition(candidates, low, high)
        let sum = (low..<pivot).reduce(before) { $0 + candidates[$1].weight }
        if pivot > low && sum >= target {
          high = pivot
        } else if sum + candidates[pivot].weight >= target || pivot + 1 == high {
          return candidates[pivot]
        } else {
          before = sum + candidates[pivot].weight
          low = pivot + 1
        }
      }
      return candidates[low]
    }
  }

  /// Puts one candidate of `low..<high` into its place, those that precede it before and the others behind it;
  /// returns the place.
  private static func partition(_ candidates: UnsafeMutableBufferPointer<Candidate>, _ low: Int, _ high: Int) -> Int {
    let end = high - 1
    // The median of three as pivot: candidates that are sorted already are a common case and must not be the worst.
    let middle = low + (end - low) / 2
    if candidates[middle].precedes(candidates[low]) { candidates.swapAt(middle, low) }
    if candidates[end].precedes(candidates[low]) { candidates.swapAt(end, low) }
    if candidates[middle].precedes(candidates[end]) { candidates.swapAt(middle, end) }
    let pivot = candidates[end]
    var place = low
    for index in low..<end where candidates[index].precedes(pivot) {
      candidates.swapAt(index, place)
      place += 1
    }
    candidates.swapAt(place, end)
    return place
  }
}
