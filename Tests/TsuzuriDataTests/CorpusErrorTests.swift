import Foundation
import Testing
import TsuzuriData
import TsuzuriText

@Suite struct CorpusErrorTests {
  private func message(
    _ sources: [TextSource], validation: ValidationSource = .none, cacheFolder: String? = nil
  ) -> String? {
    do {
      let tokenizer = try CorpusTokenizer(
        configuration: TokenizerConfiguration(), vocabulary: .built(VocabularyOptions()), threads: 2,
        cacheFolder: cacheFolder)
      _ = try tokenizer.tokenize(sources, validation: validation)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func anEmptyCorpusIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("", to: "empty.txt")
    #expect(message([.file(path)]) == "\(path): there is no text in it. Name a text that is not empty.")
    let names = (0..<5).map { TextSource.bytes([], name: "text \($0)") }
    #expect(
      message(names)
        == "text 0, text 1, text 2, 2 more: there is no text in them. Name a text that is not empty.")
    #expect(
      message([.text("a")], validation: .texts([.file(path)]))
        == "\(path): there is no text in it. Name a text that is not empty.")
  }

  @Test func aFileThatChangesWhileItIsReadIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("猫", to: "cat.txt")
    let tokenizer = try CorpusTokenizer(
      configuration: TokenizerConfiguration(), vocabulary: .built(VocabularyOptions()), threads: 1,
      onEvent: { _ in try? Data("吾輩は猫である".utf8).write(to: URL(fileURLWithPath: path)) })
    #expect {
      try tokenizer.tokenize([.file(path)])
    } throws: {
      "\($0)" == "\(path): the file changed while it was read. Run again when nothing writes to it."
    }
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      message([.file("/nowhere/a.txt")])
        == "/nowhere/a.txt: no such file or folder. Check the name, or give '-' to read standard input.")
  }

  @Test func fractionsThatLeaveNothingAreRefused() {
    #expect(
      message([.text("abcdefghijkl")], validation: .fraction(0.05))
        == "the validation fraction 0.05 of 12 tokens leaves none to validate on. "
        + "Give more text, a larger fraction, a validation file, or 0 for none.")
    #expect(
      message([.text("a")], validation: .fraction(0.99999999999))
        == "the validation fraction 0.99999999999 of 1 tokens leaves none to train on. "
        + "Give more text or a smaller fraction.")
    for fraction in [-0.1, 1, 1.5, .nan] {
      #expect(
        message([.text("abc")], validation: .fraction(fraction))
          == "the validation fraction \(fraction) is not one: expected 0 (none) or more, and less than 1.")
    }
    #expect(message([.text("a")], validation: .fraction(0)) == nil)
  }

  @Test func aCacheFolderThatCannotBeMadeIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("", to: "file") + "/cache"
    #expect(
      message([.text("a")], cacheFolder: path)
        == "\(path): the folder for token files cannot be made: Not a directory. Choose another.")
    #expect(
      message([.text("a")], cacheFolder: "/proc")
        == "/proc: no file can be written or read here while the corpus is read: No such file or directory. "
        + "Make the folder first, or correct the path. The folder comes from --cache, XDG_CACHE_HOME or TMPDIR.")
  }

  @Test func aSizeThatDoesNotFitIsRefusedBeforeAnythingIsRead() {
    #expect(throws: VocabularyError.sizeTooSmall(size: 100, level: .word, minimum: 257)) {
      try CorpusTokenizer(
        configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .word)),
        vocabulary: .built(VocabularyOptions(size: 100)), threads: 1)
    }
  }
}
