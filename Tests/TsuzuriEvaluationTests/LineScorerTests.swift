import Testing
import TsuzuriEvaluation
import TsuzuriModel
import TsuzuriText

struct LineScorerTests {
  /// What is scored with a small model, line by line; and what an evaluator finds for each line as a text.
  private func scores(
    _ text: String, level: TokenLevel, vocabulary: Vocabulary
  ) throws -> (lines: [LineScorer.ScoredLine], alone: (String) throws -> Evaluation) {
    let tokenizer = try Tokenizer(
      vocabulary: vocabulary, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
    let model = try LanguageModel(
      untrained: ModelConfiguration(vocabularySize: vocabulary.count, embeddingSize: 5, hiddenSize: 7, layers: 2),
      seed: 4)
    let scorer = LineScorer(
      scorer: SequenceScorer(model: model, scoresEndOfText: level == .whitespace), tokenizer: tokenizer)
    var lines: [LineScorer.ScoredLine] = []
    try scorer.score(.text(text)) { lines.append($0) }
    return (lines, { try model.evaluate(.text($0), tokenizer: tokenizer) })
  }

  @Test(arguments: [
    (TokenLevel.character, ["abba", "", "猫 b", "ab"], "\n"), (.character, ["ab", "ba"], "\r\n"),
    (.word, ["ab ba", "猫の", ""], "\n"), (.byte, ["ab", "", "猫"], "\n"),
  ])
  func aLineIsScoredAsATextByItself(level: TokenLevel, texts: [String], end: String) throws {
    let vocabulary =
      level == .byte
      ? Vocabulary.bytes
      : Vocabulary(kind: .spelling, texts: ["a", "b", "\n", "\r\n", "ab", " ba"].map { Array($0.utf8) })
    let (lines, alone) = try scores(texts.map { $0 + end }.joined(), level: level, vocabulary: vocabulary)
    #expect(lines.map(\.number) == Array(1...texts.count))
    #expect(lines.map(\.text) == texts)
    for (line, text) in zip(lines, texts) {
      let expected = try alone(text)
      #expect(line.tokens == expected.tokens)
      #expect(abs(line.logProbability + expected.nats) < 1e-5, "\(text)")
    }
  }

  @Test func aLastLineWithoutAnEndIsOne() throws {
    let (lines, _) = try scores(
      "ab\nba", level: .character, vocabulary: Vocabulary(kind: .spelling, texts: ["a", "b"].map { Array($0.utf8) }))
    #expect(lines.map(\.text) == ["ab", "ba"])
    #expect(lines.map(\.tokens) == [2, 2])
  }

  @Test func theEndIsScoredWhereItIsAToken() throws {
    let vocabulary = Vocabulary(kind: .closed, texts: ["a", "b"].map { Array($0.utf8) })
    let (lines, alone) = try scores("a  b\n\nb c a", level: .whitespace, vocabulary: vocabulary)
    #expect(lines.map(\.text) == ["a b", "", "b <unk> a"])
    #expect(lines.map(\.tokens) == [3, 1, 4])
    for (line, text) in zip(lines, ["a b\n", "\n", "b c a\n"]) {
      #expect(abs(line.logProbability + (try alone(text).nats)) < 1e-5)
    }
  }
}
