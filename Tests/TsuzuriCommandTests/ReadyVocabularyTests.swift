import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// The vocabularies of `vocab/`, and how they are made.
@Suite struct ReadyVocabularyTests {
  private static let root = TestCorpora.packageRoot

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)")), as: UTF8.self)
  }

  /// The version of ICU that the files were made with, as `vocab/README.md` has it.
  private static let icuVersion =
    (try? text("vocab/README.md"))?.firstMatch(of: /Made with ICU ([0-9.]*[0-9])/).map { String($0.1) } ?? "none"

  @Test(
    .enabled(
      if: icuVersion == ICUVersion.current,
      "skipped: vocab/ was made with ICU \(icuVersion), this is ICU \(ICUVersion.current)"),
    arguments: ["characters-ja-en.txt", "words-sample.txt"])
  func aVocabularyIsMadeAnewByteForByte(_ name: String) throws {
    let folder = try TestFolder()
    let command = try TestCommand()
    let script = "\(Self.root)/Scripts/make-vocabularies"
    let outcome = try command.runInShell("'\(script)' COMMAND '\(folder.path)'", in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let isSame = try folder.text(name) == Self.text("vocab/\(name)")
    #expect(isSame, "vocab/\(name) is not what the corpora give now. Run 'make vocabularies' and commit what changes.")
  }

  @Test func theReadMeTellsTheCommandsAndTheSizes() throws {
    let readMe = try Self.text("vocab/README.md")
    let script = try Self.text("Scripts/make-vocabularies").replacing("\\\n  ", with: "")
    let commands = script.split(separator: "\n").filter { $0.hasPrefix("tsuzuri vocabulary build") }
    #expect(commands.count == 2)
    for command in commands {
      #expect(readMe.contains("\n\(command.replacing("\"$folder/", with: "vocab/").replacing("\"", with: ""))\n"))
    }
    for name in ["characters-ja-en.txt", "words-sample.txt"] {
      let count = try Vocabulary(contentsOf: "\(Self.root)/vocab/\(name)").count
      #expect(readMe.contains("[`\(name)`](\(name)) | \(count / 1000),\(String(count).suffix(3)) |"))
    }
  }

  private func tokenizer(_ name: String, level: TokenLevel) throws -> Tokenizer {
    try Tokenizer(
      vocabulary: Vocabulary(contentsOf: "\(Self.root)/vocab/\(name)"),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
  }

  /// The characters that the two bytes of EUC-JP stand for in the rows of JIS X 0208 that are in use.
  private func jisX0208() throws -> [String] {
    var bytes: [UInt8] = []
    for row in Array(UInt8(1)...8) + Array(16...84) {
      for cell in UInt8(1)...94 { bytes += [0xA0 + row, 0xA0 + cell, UInt8(ascii: "\n")] }
    }
    let segmentation = SegmentationOptions(level: .character)
    var reader = try TextBlockReader(
      .bytes(bytes, name: "rows"), text: TextOptions(encoding: "EUC-JP", isLossy: true), segmentation: segmentation)
    let segmenter = try Segmenter(segmentation)
    var characters: [String] = []
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { utf8, _ in characters.append(String(decoding: utf8, as: UTF8.self)) }
    }
    return characters.filter { $0 != "\n" && $0 != "\u{FFFD}" }
  }

  /// JIS X 0208:1997 has 524 symbols and letters and 6,355 kanji.
  @Test func everyCharacterOfJISX0208KanaAndASCIIIsOneToken() throws {
    let tokenizer = try tokenizer("characters-ja-en.txt", level: .character)
    let standard = try jisX0208()
    #expect(Set(standard).count == 524 + 6355)
    func characters(_ range: ClosedRange<UInt32>) -> [String] {
      range.compactMap(Unicode.Scalar.init).map { String($0) }
    }
    // ICU decodes six symbols as Windows does; the standard's table in Unicode has them as these.
    let symbols = ["¢", "£", "¬", "‖", "−", "〜"]
    let kana = characters(0x3041...0x3093) + characters(0x30A1...0x30F6) + ["゛", "゜", "ゝ", "ゞ", "ー", "・", "ヽ", "ヾ"]
    let all = standard + symbols + kana + characters(0x20...0x7E) + ["\n", "\t"]
    let spelled = try all.filter { try tokenizer.encode($0).count != 1 }
    #expect(spelled.isEmpty, "spelled by several tokens: \(spelled.joined(separator: " "))")
    // A character that composes is one token however it is written, and what the vocabulary lacks is spelled.
    #expect(try tokenizer.encode("か\u{3099}").count == 1)
    #expect(try tokenizer.encode("𠮟").count == 4)
  }

  @Test func theWordsOfTheStoriesAreTokens() throws {
    let tokenizer = try tokenizer("words-sample.txt", level: .word)
    let text = "The ferry and the cat"
    #expect(try tokenizer.encode(text).map { try tokenizer.decode([$0]) } == ["The", " ferry", " and", " the", " cat"])
    #expect(try tokenizer.encode("灯台").count == 1)
  }

  @Test func charactersOfTheCorpusStandBeforeThoseOfTheCharset() throws {
    let folder = try TestFolder()
    try folder.write("a.txt", "zéz")
    let outcome = try TestCommand().run(
      ["vocabulary", "build", "a.txt", "--charset", "US-ASCII", "--output", "v.txt", "--quiet"], in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let tokens = try folder.text("v.txt").split(separator: "\n").dropFirst(257)
    #expect(tokens.prefix(6) == ["z", "é", "\\t", "\\n", "\\u{20}", "!"])
    #expect(tokens.count == 95 + 2 + 1)
  }

  @Test(arguments: [
    (
      ["--charset", "nope"], Int32(1),
      "'nope' is no charset that ICU knows. Use a name such as ISO-2022-JP, EUC-JP or windows-1252."
    ),
    ([], 64, "there is nothing to build from. Name a corpus, or a charset with --charset."),
    (
      ["--charset", "EUC-JP", "--level", "word"], 64,
      "--charset: a charset has characters, the level is 'word'. Leave out this or --level."
    ),
  ])
  func whatCannotBeBuiltIsSaid(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let folder = try TestFolder()
    let outcome = try TestCommand().run(["vocabulary", "build", "--output", "v.txt"] + arguments, in: folder)
    #expect(outcome.status == status)
    #expect(outcome.errors.split(separator: "\n").first == "Error: \(message)")
  }
}
