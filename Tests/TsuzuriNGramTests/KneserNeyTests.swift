import Foundation
import Testing
import TsuzuriText
import TsuzuriData

@testable import TsuzuriNGram

/// The estimate, against cases worked by hand and against the equations written down plainly.
struct KneserNeyTests {
  /// The lines `a b a` and `a b c`, in a vocabulary of `<eos>`, a, b and c.
  private static let lines = TokenArray([0, 1, 2, 1, 0, 1, 2, 3, 0])
  private static let shape = NGramConfiguration(order: 3, vocabularySize: 4, document: .line, resets: [0])

  @Test func adjustedCountsAreThoseWorkedByHand() throws {
    let stream = try NGramStream(
      Self.lines, range: 0..<9, configuration: Self.shape, predictsEndOfText: true)
    let levels = NGramCounts(stream, order: 3, vocabularySize: 4).levels
    // Different tokens stand before ⊣: a and c; before a: ⊢ and b; before b: a; before c: b.
    #expect(levels[0].counts == [2, 2, 1, 1])
    // ⊢ a occurs twice, and nothing stands before it. All others, a ⊣, a b, b a, b c and c ⊣, follow one token only.
    #expect(levels[0].firstChildren == [0, 1, 3, 5, 6])
    #expect(levels[1].tokens == [1, 0, 2, 1, 3, 0])
    #expect(levels[1].counts == [2, 1, 1, 1, 1, 1])
    // ⊢ a b twice; a b a and a b c; b a ⊣; b c ⊣.
    #expect(levels[1].firstChildren == [0, 1, 1, 3, 4, 5, 5])
    #expect(levels[2].tokens == [2, 1, 3, 0, 0])
    #expect(levels[2].counts == [2, 1, 1, 1, 1])
  }

  @Test func probabilitiesAreThoseWorkedByHand() throws {
    let model = try NGramEstimate(of: Self.lines, configuration: Self.shape).model
    func probability(of token: Int32, after tokens: Int32...) throws -> Double {
      var context = tokens.first == 0 ? model.start : NGramContext()
      for token in tokens where token != 0 { try model.advance(&context, by: token) }
      return exp(try model.logProbability(of: token, after: context))
    }
    func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-6 }
    // No order has a count of 3, so the discounts are 1/2 and 1. γ = (1 + 1 + 1/2 + 1/2) / 6 of 1/4 each.
    #expect(isNear(try probability(of: 1), 1.0 / 6 + 0.5 / 4))
    #expect(isNear(try probability(of: 2), 0.5 / 6 + 0.5 / 4))
    // a and c follow b, once each.
    let aAfterB = 0.5 / 2 + 0.5 * (1.0 / 6 + 0.5 / 4)
    #expect(isNear(try probability(of: 1, after: 2), aAfterB))
    // a and c follow a b, once each.
    #expect(isNear(try probability(of: 1, after: 1, 2), 0.5 / 2 + 0.5 * aAfterB))
    // ⊣ follows neither a b nor b: a half of a half is left of its own probability.
    #expect(isNear(try probability(of: 0, after: 1, 2), 0.5 * 0.5 * (1.0 / 6 + 0.5 / 4)))
    // c c was never seen, but c was: only its weight counts, which gave ⊣ one half.
    #expect(isNear(try probability(of: 2, after: 3, 3), 0.5 * (0.5 / 6 + 0.5 / 4)))
    // At a line's beginning only a was seen, twice: discount 1 of 2.
    #expect(isNear(try probability(of: 1, after: 0), 0.5 + 0.5 * (1.0 / 6 + 0.5 / 4)))
  }

  @Test func discountsAreThoseWorkedByHand() {
    // Y = 10 / 18.
    let discounts = KneserNeyDiscounts(countsOfCounts: [10, 4, 2, 1])
    #expect(abs(discounts.one - (1 - 2 * 10.0 / 18 * 0.4)) < 1e-12)
    #expect(abs(discounts.two - (2 - 3 * 10.0 / 18 * 0.5)) < 1e-12)
    #expect(abs(discounts.more - (3 - 4 * 10.0 / 18 * 0.5)) < 1e-12)
    #expect(!discounts.isFallback)
    #expect(discounts.discount(of: 0) == 0)
    #expect([1, 2, 3, 9].map(discounts.discount) == [discounts.one, discounts.two, discounts.more, discounts.more])
  }

  /// Nothing with a count of 1, 2 or 3; then D(2) = 2 − 3 · 10/12 · 9, which is negative.
  @Test(arguments: [[0, 4, 2, 1], [10, 0, 2, 1], [10, 4, 0, 1], [0, 0, 0, 0], [10, 1, 9, 1]])
  func strangeCountsHaveOtherDiscounts(counts: [Int]) {
    let discounts = KneserNeyDiscounts(countsOfCounts: counts)
    #expect(discounts.isFallback)
    #expect([discounts.one, discounts.two, discounts.more] == [0.5, 1, 1.5])
  }

  @Test(arguments: RandomDocuments.Kind.allCases, Array(NGramConfiguration.orders))
  func everyProbabilityIsThePlainModels(kind: RandomDocuments.Kind, order: Int) throws {
    let text = RandomDocuments(kind, order: order)
    let (estimate, plain) = (try text.estimate(), text.plain)
    #expect(estimate.discounts == plain.discounts)
    for length in stride(from: 2, through: order, by: 1) {
      #expect(estimate.model.counts[length - 1] == plain.count(ofLength: length))
    }
    #expect(estimate.tokens == text.documents.reduce(0) { $0 + $1.count - 1 })
    // Contexts of the text, then some that never were.
    let lines: [[Int32]] =
      text.documents.prefix(12).map { Array($0.prefix(9)) } + [[0, 8, 1, 8, 8, 3, 3], [0, 5, 5, 5, 5, 5, 5, 5]]
    for line in lines {
      var context = estimate.model.start
      for (index, token) in line.enumerated().dropFirst() {
        let before = Array(line[..<index])
        for other in Int32(0)..<Int32(RandomDocuments.vocabularySize) {
          let expected = log(plain.probability(of: other, after: before))
          let found = try estimate.model.logProbability(of: other, after: context)
          #expect(abs(found - expected) < 1e-5, "\(other) after \(before)")
        }
        if text.configuration.resets.contains(token) { break }
        try estimate.model.advance(&context, by: token)
      }
    }
  }

  @Test func aTextOfOneTokenHasAModel() throws {
    let shape = NGramConfiguration(order: 7, vocabularySize: 5)
    let model = try NGramEstimate(of: TokenArray([0, 3]), configuration: shape).model
    #expect(model.counts == [5, 1, 0, 0, 0, 0, 0])
    // D = 1/2 for both orders: 1/2 + 1/2 · (1/2 + 1/2 · 1/5).
    #expect(abs(exp(try model.logProbability(of: 3, after: model.start)) - 0.8) < 1e-6)
  }

  @Test func whatCannotBeLearntIsRefused() throws {
    let shape = NGramConfiguration(order: 3, vocabularySize: 5)
    #expect(
      #expect(throws: NGramError.self) { try NGramEstimate(of: TokenArray([0, 5]), configuration: shape) }?.description
        == "the token 5 is not one of the n-gram model's, whose ids are 0 to 4. "
        + "Encode the text with the vocabulary that was saved with the model.")
    #expect(
      #expect(throws: NGramError.self) { try NGramEstimate(of: TokenArray([0]), configuration: shape) }?.description
        == "the training text: expected at least one token, found none. Give more text.")
    #expect(
      #expect(throws: NGramError.self) {
        try NGramEstimate(of: TokenArray([0, 1]), configuration: NGramConfiguration(order: 8, vocabularySize: 5))
      }?.description
        == "the n-gram model's order: expected from 1 to 7, found 8. Train the model with another value.")
  }
}
