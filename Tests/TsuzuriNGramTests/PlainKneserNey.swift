import TsuzuriNGram

/// Interpolated modified Kneser-Ney written down once more, from the equations, with dictionaries and without a thought
/// for time. It is given the documents, not a stream that has to be cut.
struct PlainKneserNey {
  let order: Int
  let vocabularySize: Int
  /// How often each n-gram occurs whose last token is predicted.
  private var occurrences: [[Int32]: Int] = [:]
  /// What stands before each.
  private var neighbours: [[Int32]: Set<Int32>] = [:]
  /// How often each begins its document.
  private var beginnings: [[Int32]: Int] = [:]
  private(set) var discounts: [KneserNeyDiscounts] = []

  /// - Parameter documents: each begins with `<eos>`, which is not predicted there.
  init(_ documents: [[Int32]], order: Int, vocabularySize: Int) {
    self.order = order
    self.vocabularySize = vocabularySize
    for document in documents {
      for end in document.indices.dropFirst() {
        for length in 1...order where end - length + 1 >= 0 {
          let begin = end - length + 1
          let gram = Array(document[begin...end])
          occurrences[gram, default: 0] += 1
          if begin > 0 {
            neighbours[gram, default: []].insert(document[begin - 1])
          } else {
            beginnings[gram, default: 0] += 1
          }
        }
      }
    }
    for length in 1...order {
      var t = [0, 0, 0, 0]
      for gram in occurrences.keys where gram.count == length {
        let count = adjustedCount(gram)
        if count <= 4 { t[count - 1] += 1 }
      }
      discounts.append(KneserNeyDiscounts(countsOfCounts: t))
    }
  }

  func adjustedCount(_ gram: [Int32]) -> Int {
    if gram.count == order { return occurrences[gram] ?? 0 }
    return (neighbours[gram]?.count ?? 0) + (beginnings[gram] ?? 0)
  }

  /// How many n-grams there are of a length.
  func count(ofLength length: Int) -> Int { occurrences.keys.count { $0.count == length } }

  /// p(token | context), of whose tokens the last `order` − 1 count.
  func probability(of token: Int32, after context: [Int32]) -> Double {
    let context = Array(context.suffix(order - 1))
    let shorter =
      context.isEmpty
      ? 1 / Double(vocabularySize) : probability(of: token, after: Array(context.dropFirst()))
    let followers = occurrences.keys.filter { $0.count == context.count + 1 && $0.dropLast() == context[...] }
    if followers.isEmpty { return shorter }
    let counts = followers.map(adjustedCount)
    let total = Double(counts.reduce(0, +))
    let weight = counts.map { discount($0, context.count) }.reduce(0, +) / total
    let count = adjustedCount(context + [token])
    return (Double(count) - discount(count, context.count)) / total + weight * shorter
  }

  private func discount(_ count: Int, _ contextLength: Int) -> Double {
    let discounts = discounts[contextLength]
    return [0, discounts.one, discounts.two, discounts.more][min(count, 3)]
  }
}
