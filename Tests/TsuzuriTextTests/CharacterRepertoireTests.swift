import Testing
import TsuzuriText

@Suite struct CharacterRepertoireTests {
  @Test func asciiHasNoControlsButTabAndLineFeed() throws {
    let expected = "\t\n" + String(String.UnicodeScalarView((0x20...0x7E).map { Unicode.Scalar(UInt8($0)) }))
    #expect(try CharacterRepertoire(charset: "US-ASCII").characters == expected.unicodeScalars.map { String($0) })
  }

  @Test func privateUseIsLeftOut() throws {
    // IBM's EUC-JP has 1,880 code points for characters of one's own.
    let characters = Set(try CharacterRepertoire(charset: "ibm-33722").characters)
    #expect(characters.isSuperset(of: ["〜", "髙", "ｶ"]))
    #expect(!characters.contains("\u{E000}"))
  }

  @Test(arguments: ["", "nope"])
  func anUnknownCharsetIsNamed(_ name: String) {
    #expect(throws: TextError.unknownCharset(name)) { try CharacterRepertoire(charset: name) }
  }
}
