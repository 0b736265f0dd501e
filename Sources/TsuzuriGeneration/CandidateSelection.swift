/// A token that may be drawn.
struct Candidate {
  var logit: Float
  var id: Int32
  /// `exp(logit − maximum)`, where it is known.
  var weight: Float = 0

  /// The order in which the rules keep tokens. No two tokens are equal in it, so every cut is the only one.
  func precedes(_ other: Candidate) -> Bool {
    logit > other.logit || (logit == other.logit && id < other.id)
  }
}

/// Finds the first tokens in the order of ``Candidate/precedes(_:)`` without sorting the others.
///
/// - Complexity: quickselect, O(n) on average for n candidates.
///
/// Source: Hoare 1961, "Algorithm 65: find"; with weights in place of counts where the prefix is one of mass.
struct CandidateSelection {
  private var candidates: [Candidate]
  /// How many candidates there are.
  private(set) var count = 0

  init(capacity: Int) {
    candidates = [Candidate](repeating: Candidate(logit: 0, id: 0), count: capacity)
  }

  subscript(index: Int) -> Candidate {
    get { candidates[index] }
    set { candidates[index] = newValue }
  }

  /// The candidate that all others precede.
  var last: Candidate {
    candidates[1..<count].reduce(candidates[0]) { $0.precedes($1) ? $1 : $0 }
  }

  mutating func removeAll() { count = 0 }

  mutating func append(_ candidate: Candidate) {
    candidates[count] = candidate
    count += 1
  }

  /// Makes the `k` tokens of the largest logits the candidates.
  mutating func takeLargest(_ k: Int, of logits: UnsafeBufferPointer<Float>) {
    removeAll()
    // Candidates gather until there are twice as many as are wanted; then the worse half goes, and its best logit is
    // the bar that later tokens have to clear. (An equal logit does not clear it: the earlier id comes first.)
    let limit = min(max(2 * k, 64), logits.count)
    var bar = -Float.infinity
    var hasBar = false
    for id in 0..<logits.count {
      let logit = logits[id]
      if hasBar && logit <= bar { continue }
      append(Candidate(logit: logit, id: Int32(truncatingIfNeeded: id)))
      if count == limit {
        keepPrefix(reaching: Double(k)) { _ in 1 }
        bar = last.logit
        hasBar = true
      }
    }
    if count > k { keepPrefix(reaching: Double(k)) { _ in 1 } }
  }

  /// Keeps the smallest prefix whose weights sum to `target` or more; all where they do not, and always one.
  mutating func keepPrefix(reaching target: Double, _ weight: (Candidate) -> Double) {
    var before = 0.0
    var low = 0
    var high = count
    candidates.withUnsafeMutableBufferPointer { candidates in
      while low < high {
        let pivot = Self.partition(candidates, low, high)
        let sum = (low..<pivot).reduce(before) { $0 + weight(candidates[$1]) }
        if pivot > low && sum >= target {
          high = pivot
        } else {
          before = sum + weight(candidates[pivot])
          low = pivot + 1
          if before >= target { high = low }
        }
      }
    }
    count = max(high, min(count, 1))
  }

  /// Puts one candidate of `low..<high` into its place, those that precede it before and the others behind it;
  /// returns the place.
  private static func partition(_ candidates: UnsafeMutableBufferPointer<Candidate>, _ low: Int, _ high: Int) -> Int {
    let end = high - 1
    // The median of three as pivot: candidates that are sorted already are the common case, not the worst one.
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
