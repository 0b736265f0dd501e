import Foundation
import Testing
import TsuzuriData

@testable import TsuzuriNGram

/// What a model says, and how it is used.
struct NGramModelTests {
  private func logProbabilities(_ model: NGramModel, _ context: NGramContext) -> [Float] {
    var values = [Float](repeating: 0, count: model.configuration.vocabularySize)
    values.withUnsafeMutableBufferPointer { model.logProbabilities(after: context, into: $0) }
    return values
  }

  @Test(arguments: RandomDocuments.Kind.allCases, Array(NGramConfiguration.orders))
  func probabilitiesSumToOneBehindEveryContext(kind: RandomDocuments.Kind, order: Int) throws {
    let model = try RandomDocuments(kind, order: order).estimate().model
    // Ids 0 and 10 never occur inside; 8 8 8 and the like were never seen.
    for line: [Int32] in [[], [1, 2, 3, 4, 5, 6, 7, 8], [8, 8, 8, 8, 8, 8], [10, 1, 10, 2, 3], [3, 9, 1, 2]] {
      for begin in [NGramContext(), model.start] {
        var context = begin
        for token in [nil] + line.map(Optional.init) {
          if let token { try model.advance(&context, by: token) }
          let all = logProbabilities(model, context)
          #expect(abs(all.reduce(0) { $0 + exp(Double($1)) } - 1) < 2e-6)
          for token in 0..<all.count {
            let one = try model.logProbability(of: Int32(token), after: context)
            #expect(abs(Double(all[token]) - one) < 1e-5)
          }
        }
      }
    }
  }

  @Test func aDocumentsEndForgetsEverything() throws {
    let text = RandomDocuments(.spelledLines, order: 4)
    let model = try text.estimate().model
    var context = model.start
    for token: Int32 in [1, 2, RandomDocuments.lineEnd] { try model.advance(&context, by: token) }
    #expect(context == model.start)
    let running = try RandomDocuments(.closedText, order: 4).estimate().model
    var other = running.start
    for token: Int32 in [1, 2, 0] { try running.advance(&other, by: token) }
    #expect(other != running.start)
  }

  @Test func aScorerDoesNotDependOnHowATextIsCut() throws {
    let text = RandomDocuments(.closedText, order: 5)
    let model = try text.estimate().model
    let tokens: [Int32] = [1, 2, 3, 0, 4, 4, 8, 0, 0, 5, 6]
    let whole = try NGramScorer(model: model, scoresEndOfText: true).score(tokens)
    let scorer = NGramScorer(model: model, scoresEndOfText: true)
    let parts = try [0..<1, 1..<4, 4..<4, 4..<11].flatMap { try scorer.score(Array(tokens[$0])) }
    #expect(whole == parts)
    let plain = text.plain
    for (index, token) in tokens.enumerated() {
      let loss = -log(plain.probability(of: token, after: [0] + tokens[..<index]))
      #expect(abs(Double(whole[index]) - loss) < 1e-5)
    }
  }

  @Test func theEndOfATextIsFedAndNotScored() throws {
    let text = RandomDocuments(.spelledText, order: 3)
    let model = try text.estimate().model
    let losses = try NGramScorer(model: model).score([1, 0, 1])
    #expect(losses[1] == 0)
    #expect(losses[2] == losses[0])
  }

  @Test func aWindowForgetsAllButTheLastToken() throws {
    let text = RandomDocuments(.closedText, order: 4)
    let model = try text.estimate().model
    let tokens: [Int32] = [1, 2, 3, 4, 5, 6]
    let losses = try NGramScorer(model: model, resetInterval: 2).score(tokens)
    let plain = text.plain
    let contexts: [[Int32]] = [[0], [0, 1], [2], [2, 3], [4], [4, 5]]
    for (index, context) in contexts.enumerated() {
      #expect(abs(Double(losses[index]) + log(plain.probability(of: tokens[index], after: context))) < 1e-5)
    }
  }

  @Test func sessionsOfSeveralSequencesKeepThemApart() throws {
    let model = try RandomDocuments(.spelledText, order: 4).estimate().model
    let session = NGramSession(model: model, sequences: 2)
    #expect(session.vocabularySize == 11 && session.sequences == 2)
    try session.feedPrompt([0, 1])
    try session.feed([2, 3])
    for (index, last) in [Int32(2), 3].enumerated() {
      var context = model.start
      try model.advance(&context, by: 1)
      try model.advance(&context, by: last)
      #expect(Array(session.logits[index * 11..<index * 11 + 11]) == logProbabilities(model, context))
    }
  }

  @Test func aTokenOutsideOfTheVocabularyIsRefused() throws {
    let model = try RandomDocuments(.spelledText, order: 4).estimate().model
    let error = NGramError.tokenOutOfRange(id: 11, vocabularySize: 11)
    #expect(throws: error) { try NGramScorer(model: model).score([1, 11]) }
    #expect(throws: error) { try NGramSession(model: model).feed([11]) }
    var context = model.start
    #expect(throws: NGramError.tokenOutOfRange(id: -1, vocabularySize: 11)) { try model.advance(&context, by: -1) }
  }

  @Test func sequencesBeginAnewAndGoOnFromEachOther() throws {
    let model = try RandomDocuments(.closedText, order: 4).estimate().model
    let V = model.configuration.vocabularySize
    func alone(_ ids: [Int32]) throws -> [Float] {
      let session = NGramSession(model: model)
      for id in ids { try session.feed([id]) }
      return Array(session.logits)
    }
    let session = NGramSession(model: model, sequences: 3)
    func row(_ n: Int) -> [Float] { Array(session.logits[n * V..<(n + 1) * V]) }
    try session.feed([1, 2, 3])
    try session.begin(1, with: [4, 5])
    #expect(try row(0) == alone([1]) && row(1) == alone([4, 5]) && row(2) == alone([3]))
    session.branch(from: [1, 1, 0])
    #expect(try row(0) == alone([4, 5]) && row(1) == alone([4, 5]) && row(2) == alone([1]))
    try session.feed([6, 7, 2])
    #expect(try row(0) == alone([4, 5, 6]) && row(1) == alone([4, 5, 7]) && row(2) == alone([1, 2]))
    #expect(throws: NGramError.self) { try session.begin(0, with: [1, Int32(V)]) }
    #expect(try row(0) == alone([4, 5, 6]))
  }
}
