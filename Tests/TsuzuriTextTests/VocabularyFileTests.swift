import Foundation
import Testing
import TsuzuriText

@Suite struct VocabularyFileTests {
  private static let specials = (["<eos>"] + (0..<256).map { String(format: "<0x%02X>", $0) })

  private func read(_ lines: [String]) throws -> Vocabulary {
    try Vocabulary(fileContent: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  private func message(_ lines: [String]) -> String? { message(Array((lines.joined(separator: "\n") + "\n").utf8)) }

  private func message(_ content: [UInt8]) -> String? {
    do {
      _ = try Vocabulary(fileContent: content)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let texts = [
      "猫", "\n", "\\", "<eos>", "<0x00>", "\u{FEFF}", " cat", " ", "が", "か\u{3099}", "\u{301}", "\r", "<unk>",
    ]
    for kind in [Vocabulary.Kind.spelling, .closed] {
      let special = kind == .closed ? ["<eos>", "<unk>"] : []
      let vocabulary = Vocabulary(kind: kind, texts: texts.filter { !special.contains($0) }.map { Array($0.utf8) })
      #expect(try Vocabulary(fileContent: vocabulary.fileContent) == vocabulary)
      // One line a token, whatever is in it.
      #expect(vocabulary.fileContent.count { $0 == UInt8(ascii: "\n") } == vocabulary.count)
    }
  }

  @Test func theNumberOfALineIsTheIDPlusOne() throws {
    let vocabulary = try read(Self.specials + ["猫", "の"])
    let lines = String(decoding: vocabulary.fileContent, as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "<eos>")
    #expect(lines[Int(try #require(vocabulary.id(of: "の")))] == "の")
  }

  @Test func whatEditorsAddIsOverlooked() throws {
    let plain = Vocabulary(kind: .closed, texts: [Array("a".utf8)])
    #expect(try Vocabulary(fileContent: Array("\u{FEFF}<eos>\r\n<unk>\r\na\r\n".utf8)) == plain)
    #expect(try Vocabulary(fileContent: Array("<eos>\n<unk>\na".utf8)) == plain)
  }

  @Test func aFileIsWrittenAndReadByItsName() throws {
    let path = NSTemporaryDirectory() + "tsuzuri-vocabulary-\(UUID().uuidString).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let vocabulary = Vocabulary(kind: .closed, texts: [Array("a".utf8)])
    try vocabulary.write(to: path)
    #expect(try Vocabulary(contentsOf: path) == vocabulary)
    func message(_ body: () throws -> Void) -> String? {
      do {
        try body()
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      message { _ = try Vocabulary(contentsOf: "/nowhere/v.txt") }
        == "/nowhere/v.txt: the vocabulary cannot be read: no such file.")
    #expect(message { _ = try Vocabulary(contentsOf: "/") } == "/: the vocabulary cannot be read: Is a directory.")
    #expect(
      message { try vocabulary.write(to: "/nowhere/v.txt") }
        == "/nowhere/v.txt: cannot be written: No such file or directory. Make the folder first, or correct the path; "
        + "what stood there before is unchanged.")
    // A file with a hole: so large, but on no disk.
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: (1 << 28) + 1)
    try handle.close()
    #expect(
      message { _ = try Vocabulary(contentsOf: path) }
        == "\(path): 268435457 bytes are too many for a vocabulary (the limit is 268435456). "
        + "Check that it is one: a token a line, the first <eos>.")
  }

  @Test func aTokenThatStandsTwiceIsNamedWithBothLines() {
    #expect(
      message(["<eos>", "<unk>", "犬", "猫", "の", "猫"])
        == "vocabulary.txt, line 6: the token 猫 stands twice (first on line 4). "
        + "Rebuild it with 'tsuzuri vocabulary build'.")
    #expect(
      message(Self.specials + ["猫", "の", "\\u{732B}"])
        == "vocabulary.txt, line 260: the token 猫 stands twice (first on line 258). "
        + "Rebuild it with 'tsuzuri vocabulary build'.")
    #expect(message(["<eos>", "<unk>", "が", "か\u{3099}"]) == nil)
  }

  @Test func missingSpecialTokensAreNamed() {
    let rebuild = "Rebuild it with 'tsuzuri vocabulary build'."
    #expect(message([UInt8]()) == "vocabulary.txt: the vocabulary is empty; its first line must be <eos>. \(rebuild)")
    #expect(message(["the", "of"]) == "vocabulary.txt, line 1: expected <eos>, found the. \(rebuild)")
    #expect(
      message(["<eos>"]) == "vocabulary.txt, line 2: expected <0x00> or <unk>, but the file ends here. \(rebuild)")
    #expect(message(["<eos>", "a"]) == "vocabulary.txt, line 2: expected <0x00> or <unk>, found a. \(rebuild)")
    #expect(
      message(["<eos>", "<0x00>", "<0x02>"]) == "vocabulary.txt, line 3: expected <0x01>, found <0x02>. \(rebuild)")
    #expect(
      message(Array(Self.specials.dropLast()))
        == "vocabulary.txt, line 257: expected <0xFF>, but the file ends here. \(rebuild)")
    #expect(
      message(Self.specials + ["a", "<0x41>"])
        == "vocabulary.txt, line 259: the special token <0x41> stands among the text; "
        + "text that reads so is written \\<0x41>. \(rebuild)")
  }

  @Test func brokenLinesAreNamed() {
    let rebuild = "Rebuild it with 'tsuzuri vocabulary build'."
    #expect(
      message(["<eos>", "<unk>", "a", "", "b"])
        == "vocabulary.txt, line 4: expected a token, found an empty line (a line end is written \\n). \(rebuild)")
    #expect(
      message(Array("<eos>\n<unk>\na\n".utf8) + [0xE7, 0x8C, 0x0A])
        == "vocabulary.txt, line 4: this is not UTF-8. \(rebuild)")
    for bad in ["a\\", "\\q", "\\u", "\\u{", "\\u{}", "\\u{D800}", "\\u{110000}", "\\u{0000041}", "\\u{4G}"] {
      #expect(
        message(["<eos>", "<unk>", bad])
          == "vocabulary.txt, line 3: '\(bad)' holds a backslash that begins no escape; "
          + "there are \\\\, \\n, \\r, \\t, \\< and \\u{…} with the hexadecimal number of a scalar. \(rebuild)")
    }
  }
}
