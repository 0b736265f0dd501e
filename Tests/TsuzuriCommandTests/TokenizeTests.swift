import Testing
import _TestSupport

struct TokenizeTests {
  private func run(_ arguments: [String], input: String = "") throws -> String {
    let outcome = try runWithModel(["tokenize"] + arguments, input: input)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test func segmentsAreWrittenOneALineAndEscaped() throws {
    #expect(
      try run(["-", "--level", "word"], input: "The cat\tsat。\n吾輩は\\\n")
        == "The\n cat\n\\t\nsat\n。\n\\n\n吾輩\nは\n\\\\\n\\n\n")
    #expect(try run(["-", "--level", "whitespace"], input: "a <unk>  b\n") == "a\n<unk>\nb\n<eos>\n")
    #expect(try run(["-", "--level", "byte"], input: "é") == "<0xC3>\n<0xA9>\n")
    #expect(try run(["-"], input: "<eos>").split(separator: "\n").count == 5, "text that reads like a token is text")
  }

  @Test(arguments: ["朝の港に、\r\nthe ferry 🏴‍☠️ か\u{3099}\u{3000}\n", "\u{FEFF}a\u{0}b", "  \n\n  x"])
  func idsComeBackAsTheNormalisedText(_ text: String) throws {
    let ids = try run(["--model", "model", "--ids", "--encoding", "UTF-8", "-"], input: text)
    let back = try run(["--model", "model", "--decode", "-"], input: ids)
    let expected = text.replacing("\u{FEFF}", with: "").replacing("か\u{3099}", with: "が")
    #expect(Array(back.utf8) == Array(expected.utf8))
  }

  @Test func jsonHoldsAllTokens() throws {
    let outcome = try runWithModel(["tokenize", "-", "--level", "word", "--json"], input: "猫は\"寝る\"。")
    #expect(try fields(of: outcome)["tokens"] as? [String] == ["猫", "は", "\"", "寝る", "\"", "。"])
    let empty = try runWithModel(["tokenize", "-", "--json"])
    #expect(try fields(of: empty)["tokens"] as? [String] == [])
  }

  @Test func aReaderThatLeavesEndsTheCommandQuietly() throws {
    let folder = try TrainedModel.shared.get().folder
    let outcome = try TestCommand().runInShell("yes cat | head -c 2000000 | COMMAND tokenize - | head -n 2", in: folder)
    #expect(outcome.output == "c\na\n")
    #expect(outcome.errors == "")
  }
}
