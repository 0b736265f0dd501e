import Foundation
import Testing
import TsuzuriData
import TsuzuriText

@Suite struct CorpusCacheTests {
  private let folder: TemporaryFolder
  private let cache: String

  init() throws {
    folder = try TemporaryFolder()
    cache = folder.file("cache")
  }

  /// Tokenizes and says what happened: `made`, `reused` or `remade: …`, and whether text was read.
  private func tokenize(
    _ sources: [TextSource], level: TokenLevel = .character, size: Int? = nil, validation: ValidationSource = .none
  ) throws -> (corpus: TokenizedCorpus, event: String, hasRead: Bool) {
    let events = EventLog()
    let tokenizer = try CorpusTokenizer(
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)),
      vocabulary: .built(VocabularyOptions(size: size)), threads: 2, cacheFolder: cache, onEvent: events.append)
    let corpus = try tokenizer.tokenize(sources, validation: validation)
    var hasRead = false
    var happened = "made"
    for event in events.all {
      switch event {
      case .reused: happened = "reused"
      case .remade(_, let reason): happened = "remade: \(reason)"
      case .reading: hasRead = true
      default: continue
      }
    }
    return (corpus, happened, hasRead)
  }

  @Test func tokensAreFoundAgainWithoutReadingTheCorpus() throws {
    let path = try folder.write("吾輩は猫である。", to: "cat.txt")
    let first = try tokenize([.file(path)], validation: .fraction(0.2))
    #expect(first.event == "made")
    #expect(try FileManager.default.contentsOfDirectory(atPath: cache).count == 2)
    let again = try tokenize([.file(path)], validation: .fraction(0.2))
    #expect(again.event == "reused")
    #expect(first.hasRead && !again.hasRead)
    #expect(try again.corpus.tokens.tokens(in: 0..<9) == first.corpus.tokens.tokens(in: 0..<9))
    #expect(again.corpus.vocabulary == first.corpus.vocabulary)
    #expect(again.corpus.validation?.range == first.corpus.validation?.range)
    #expect(again.corpus.fingerprint == first.corpus.fingerprint)
  }

  @Test func aChangeIsNoticedThoughSizeAndTimeOfChangeAreSetBack() throws {
    let path = try folder.write("吾輩は猫である。", to: "cat.txt")
    let first = try tokenize([.file(path)])
    var before = stat()
    #expect(stat(path, &before) == 0)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data("汝".utf8))
    try handle.close()
    #expect(utimensat(AT_FDCWD, path, [before.st_atim, before.st_mtim], 0) == 0)
    let again = try tokenize([.file(path)])
    #expect(again.event == "made")
    #expect(again.corpus.fingerprint != first.corpus.fingerprint)
  }

  @Test func whatTheTokensDependOnNamesThem() throws {
    let path = try folder.write("吾輩は猫である。\n", to: "cat.txt")
    #expect(try tokenize([.file(path)]).event == "made")
    #expect(try tokenize([.file(path)]).event == "reused")
    #expect(try tokenize([.file(path)], level: .word).event == "made")
    #expect(try tokenize([.file(path)], size: 260).event == "made")
    #expect(try tokenize([.file(path)], validation: .fraction(0.2)).event == "made")
    #expect(try tokenize([.file(path), .file(path)]).event == "made")
    try folder.write("吾輩は猫である。名前は", to: "cat.txt")
    #expect(try tokenize([.file(path)]).event == "made")
    #expect(try tokenize([.text("a")]).event == "made")
    #expect(try tokenize([.text("a")]).event == "reused")
    #expect(try tokenize([.text("b")]).event == "made")
  }

  @Test func aFingerprintOfTheContentOutlivesAMove() throws {
    let a = try tokenize([.file(try folder.write("吾輩は猫", to: "a.txt"))]).corpus
    let b = try tokenize([.file(try folder.write("吾輩は猫", to: "b.txt"))]).corpus
    let c = try tokenize([.file(try folder.write("吾輩は犬", to: "c.txt"))]).corpus
    #expect(a.tokens.fingerprint != b.tokens.fingerprint)
    #expect(a.fingerprint == b.fingerprint)
    #expect(a.fingerprint != c.fingerprint)
  }

  @Test func damagedFilesAreMadeAgain() throws {
    let path = try folder.write("吾輩は猫である。\n", to: "cat.txt")
    let first = try tokenize([.file(path)])
    let tokens = first.corpus.tokens.path
    let vocabulary = tokens.replacing(".tokens", with: ".vocabulary.txt")
    try FileManager.default.removeItem(atPath: vocabulary)
    #expect(
      try tokenize([.file(path)]).event == "remade: \(vocabulary): the vocabulary cannot be read: no such file.")
    try Vocabulary.bytes.write(to: vocabulary)
    #expect(
      try tokenize([.file(path)]).event
        == "remade: \(tokens): the token file's header is damaged. Delete it; it is made again from the corpus.")
    let handle = try #require(FileHandle(forWritingAtPath: tokens))
    try handle.truncate(atOffset: 165)
    try handle.close()
    let again = try tokenize([.file(path)])
    #expect(
      again.event
        == "remade: \(tokens): expected a token file of 188 bytes, found 165. "
        + "Delete it; it is made again from the corpus.")
    #expect(again.corpus.fingerprint == first.corpus.fingerprint)
    #expect(try tokenize([.file(path)]).event == "reused")
  }

  @Test func withoutACacheNothingStays() throws {
    let tokenizer = try CorpusTokenizer(
      configuration: TokenizerConfiguration(), vocabulary: .built(VocabularyOptions()), threads: 1)
    let corpus = try tokenizer.tokenize([.text("猫")])
    #expect(!FileManager.default.fileExists(atPath: corpus.tokens.path))
    #expect(try corpus.tokens.tokens(in: 0..<2) == [0, 257])
  }
}
