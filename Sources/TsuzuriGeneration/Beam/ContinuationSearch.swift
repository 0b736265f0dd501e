/// The best one-token continuations of some beginnings.
struct ContinuationSearch {
  /// What follows a beginning.
  struct Row {
    /// [V].
    let logits: UnsafeBufferPointer<Float>
    /// ln Σ exp(logit).
    let logNormalizer: Double
    /// ln P of the beginning.
    let logProbability: Double
  }

  /// A beginning with a token behind it.
  struct Continuation {
    let row: Int
    let token: Int32
    /// ln P of both.
    let logProbability: Double

    /// The likelier first; of equals the one of the likelier beginning, then the lower id.
    static func precedes(_ a: Continuation, _ b: Continuation) -> Bool {
      if a.logProbability != b.logProbability { return a.logProbability > b.logProbability }
      return (a.row, a.token) < (b.row, b.token)
    }
  }

  private var forbidden: TokenSet
  private var selection: CandidateSelection

  init(vocabularySize: Int) {
    forbidden = TokenSet(vocabularySize: vocabularySize)
    selection = CandidateSelection(capacity: vocabularySize)
  }

  /// The best `count` continuations, the best first.
  ///
  /// - Parameter forbid: puts the tokens that must not follow a row into the set.
  /// - Returns: the continuations; whether there are no others; and the rows that nothing may follow.
  /// - Complexity: O(rows · V) on average, and what sorting `count` of each row takes.
  mutating func best(
    _ count: Int, of rows: [Row], forbid: (_ row: Int, _ set: inout TokenSet) -> Void
  ) -> (continuations: [Continuation], isEverything: Bool, exhausted: [Int]) {
    var found: [Continuation] = []
    var exhausted: [Int] = []
    var isEverything = true
    for (n, row) in rows.enumerated() {
      forbidden.removeAll()
      forbid(n, &forbidden)
      var allowed = 0
      selection.removeAll()
      for id in 0..<Int32(truncatingIfNeeded: row.logits.count) where !forbidden.contains(id) {
        selection.append(Candidate(key: Double(row.logits[Int(id)]), id: id, weight: 1))
        allowed += 1
      }
      guard allowed > 0 else {
        exhausted.append(n)
        continue
      }
      if allowed > count { isEverything = false }
      let last = selection.prefix(reaching: Double(min(count, allowed)))
      for id in 0..<Int32(truncatingIfNeeded: row.logits.count) where !forbidden.contains(id) {
        let logit = Double(row.logits[Int(id)])
        if logit > last.key || (logit == last.key && id <= last.id) {
          found.append(
            Continuation(row: n, token: id, logProbability: row.logProbability + logit - row.logNormalizer))
        }
      }
    }
    found.sort(by: Continuation.precedes)
    // Of each row the best are there: what stands before place `count` is complete, and what stands behind may not be.
    return (Array(isEverything ? found[...] : found.prefix(count)), isEverything, exhausted)
  }
}
