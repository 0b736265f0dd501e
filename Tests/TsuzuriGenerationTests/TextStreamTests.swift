import Synchronization
import Testing
import TsuzuriGeneration
import TsuzuriText

/// The asynchronous sequence.
@Suite struct TextStreamTests {
  struct Breakdown: Error {}

  private static let endless = [Int32](repeating: 257, count: 1_000_000)

  private func tokenizer() throws -> Tokenizer { try TestText.tokenizer(.character, ["猫", "犬"]) }

  @Test func givesWhatRunGives() async throws {
    let (generator, _) = try TextGenerator.scripted([[257, 258, 257], [258, 258]], tokenizer())
    var expected: [TextPiece] = []
    try generator.run { expected.append($0) }
    // Twice: every iteration begins anew.
    for _ in 0..<2 {
      var pieces: [TextPiece] = []
      for try await piece in generator { pieces.append(piece) }
      #expect(pieces == expected)
    }
    #expect(expected.compactMap(\.end).map(\.text).sorted() == ["犬犬", "猫犬猫"])
  }

  @Test func aPieceIsThereBeforeTheNextTokenIsMade() async throws {
    let steps = Mutex(0)
    let (generator, _) = try TextGenerator.scripted(
      [Self.endless], tokenizer(), maxTokens: .max, onFeed: { steps.withLock { $0 += 1 } })
    var iterator = generator.makeAsyncIterator()
    #expect(try await iterator.next()?.text == "猫")
    #expect(steps.withLock { $0 } == 0)
    #expect(try await iterator.next()?.text == "猫")
    #expect(steps.withLock { $0 } == 1)
  }

  @Test func aCancelledTaskEndsIt() async throws {
    let (generator, _) = try TextGenerator.scripted([Self.endless], tokenizer(), maxTokens: .max)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let task = Task {
      var count = 0
      do {
        for try await _ in generator {
          count += 1
          if count == 3 { begin.finish() }
        }
        return "ended"
      } catch is CancellationError {
        return "cancelled"
      }
    }
    for await _ in begun {}
    task.cancel()
    #expect(try await task.value == "cancelled")
  }

  @Test func afterAnErrorThereIsNothingMore() async throws {
    let (generator, _) = try TextGenerator.scripted(
      [Self.endless], tokenizer(), maxTokens: .max, onFeed: { throw Breakdown() })
    var iterator = generator.makeAsyncIterator()
    #expect(try await iterator.next()?.text == "猫")
    await #expect(throws: Breakdown.self) { _ = try await iterator.next() }
    #expect(try await iterator.next() == nil)
  }

  @Test @MainActor func theMainActorCanRead() async throws {
    let (generator, _) = try TextGenerator.scripted([[257, 258]], tokenizer())
    var text = ""
    for try await piece in generator { text += piece.text }
    #expect(text == "猫犬")
  }
}
