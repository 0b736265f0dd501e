import Testing
import TsuzuriData
import TsuzuriText
import _TestSupport

/// The counts of the literature (Merity et al. 2016, table 1): every type of the validation and test texts stands in
/// the training text.
@Suite(.enabled(if: TestCorpora.isAvailable, "\(TestCorpora.skipMessage)")) struct WikiTextTests {
  @Test func wikiText2CountsWhatTheLiteratureCounts() throws {
    let paths = try ["train", "valid", "test"].map {
      TextSource.file(try #require(TestCorpora.path("en/wikitext2.\($0).txt")))
    }
    let tokenizer = try CorpusTokenizer(
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .whitespace)),
      vocabulary: .built(.standard(for: .whitespace)), threads: 2)
    let corpus = try tokenizer.tokenize([paths[0]], validation: .texts([paths[1]]))
    #expect(corpus.vocabulary.count == 33_278)
    #expect(corpus.tokens.counts.tokens == 2_088_628)
    #expect(corpus.tokens.counts.unknown == 0)
    #expect(corpus.validation?.range.count == 217_646)
    #expect(corpus.validation?.tokens.counts.unknown == 0)
    let test = try corpus.tokenizer.encode(paths[2], threads: 2) { _ in }
    #expect(test.tokens == 245_569)
    #expect(test.unknown == 0)
  }
}
