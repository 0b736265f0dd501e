/// The rule that no run of n tokens comes twice: what would end such a run must not come.
///
/// For a text x₁ … x_t these are the tokens x_{i+n−1} of all i for which x_i … x_{i+n−2} are the last n − 1 tokens,
/// x_{t−n+2} … x_t. For n = 1 these are all tokens of the text.
///
/// - Complexity: O(t) for each token, as a search for the last one of them.
///
/// Source: Paulus et al. 2018, "A Deep Reinforced Model for Abstractive Summarization", section 2.5.
enum NoRepeatNGram {
  /// Hands each token that would repeat an n-gram of `history` to `body`, some of them several times.
  static func forEachToken(order: Int, after history: [Int32], _ body: (Int32) -> Void) {
    precondition(order > 0, "n-grams of \(order) tokens")
    let context = order - 1
    guard history.count >= order else { return }
    history.withUnsafeBufferPointer { history in
      let last = history[(history.count - context)...]
      for next in context..<history.count where history[next - context..<next].elementsEqual(last) {
        body(history[next])
      }
    }
  }
}
