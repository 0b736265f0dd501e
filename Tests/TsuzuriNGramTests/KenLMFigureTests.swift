import Foundation
import Testing
import TsuzuriData
import TsuzuriEvaluation
import TsuzuriNGram
import TsuzuriText
import _TestSupport

/// The whole way, beside what KenLM (`lmplz -o N`, `query`) finds for the same texts: each line a sentence whose end is
/// scored, `<unk>` an ordinary word.
@Suite(.enabled(if: TestCorpora.isAvailable, "\(TestCorpora.skipMessage)"))
struct KenLMFigureTests {
  private func evaluation(
    of test: TextSource, after training: TextSource, order: Int, level: TokenLevel, document: DocumentUnit
  ) throws -> Evaluation {
    let normalization: Normalization = level == .whitespace ? .none : .nfc
    let corpus = try CorpusTokenizer(
      configuration: TokenizerConfiguration(
        text: TextOptions(normalization: normalization), segmentation: SegmentationOptions(level: level)),
      vocabulary: .built(.standard(for: level)), threads: 2
    ).tokenize([training])
    return try NGramTextModel(trainedOn: corpus, order: order, document: document).evaluate(test)
  }

  @Test(arguments: [(3, 226.05), (5, 220.14)])
  func wordsOfWikiTextHaveKenLMsPerplexity(order: Int, perplexity: Double) throws {
    let (training, test) = (
      try #require(TestCorpora.path("en/wikitext2.train.txt")), try #require(TestCorpora.path("en/wikitext2.test.txt"))
    )
    let found = try evaluation(
      of: .file(test), after: .file(training), order: order, level: .whitespace, document: .line)
    #expect(found.tokens == 245_569)
    #expect(abs(found.perplexity / perplexity - 1) < 1e-4, "\(found.perplexity)")
  }

  /// KenLM's vocabulary has no bytes that never occur, of which ours has 256: they take a little away.
  @Test(arguments: [(5, 1.588), (6, 1.543)])
  func charactersOfShakespeareHaveKenLMsLoss(order: Int, nats: Double) throws {
    let path = try #require(TestCorpora.path("en/tinyshakespeare.txt"))
    let text = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let cut = text.count * 9 / 10
    let found = try evaluation(
      of: .bytes(Array(text[cut...]), name: "last"), after: .bytes(Array(text[..<cut]), name: "first"), order: order,
      level: .character, document: .line)
    #expect(abs(found.natsPerToken / nats - 1) < 1e-3, "\(found.natsPerToken)")
  }
}
