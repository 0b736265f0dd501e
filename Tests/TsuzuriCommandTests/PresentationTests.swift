import Testing

@testable import TsuzuriCommand

/// What a person sees: widths, figures, escapes.
struct PresentationTests {
  @Test(arguments: [
    ("", 0), ("cat", 3), ("猫は", 4), ("か\u{3099}", 2), ("ｶﾅ", 2), ("é", 1), ("e\u{301}", 1), ("👨‍👩‍👧", 2), ("☁️", 2),
    ("、。", 4), ("Ａ", 2), ("\u{200B}", 0), ("ﾊﾞﾅﾅ", 4), ("ﾊﾟ", 2), ("✅", 2), ("⭐", 2), ("🈁", 2), ("☁", 1), ("🌡", 1),
    ("🇯🇵", 2), ("\u{1F1EF}", 1), ("각", 2), ("〿", 1),
  ])
  func columnsAreTheTerminals(_ text: String, _ columns: Int) {
    #expect(TextWidth.columns(of: text) == columns)
  }

  @Test func clippingNeverPassesTheLastColumn() {
    #expect(TextWidth.clip("吾輩は猫である", toColumns: 14) == "吾輩は猫である")
    #expect(TextWidth.clip("吾輩は猫である", toColumns: 13) == "吾輩は猫であ…")
    #expect(TextWidth.clip("吾輩は猫である", toColumns: 12) == "吾輩は猫で…")
    #expect(TextWidth.clip("猫", toColumns: 1) == "…")
    #expect(TextWidth.clip("猫", toColumns: 0) == "")
  }

  @Test func wrappingCutsBetweenCharacters() {
    #expect(TextWidth.wrap("吾輩は猫\nab", toColumns: 5) == ["吾輩", "は猫", "ab"])
    #expect(TextWidth.wrap("", toColumns: 5) == [""])
  }

  @Test func figuresReadTheSameEverywhere() {
    #expect(Figures.count(0) == "0")
    #expect(Figures.count(999) == "999")
    #expect(Figures.count(1000) == "1,000")
    #expect(Figures.count(-1_234_567) == "-1,234,567")
    #expect(Figures.duration(42.4) == "0:42")
    #expect(Figures.duration(11_220) == "3:07:00")
    #expect(Figures.duration(.infinity) == "-")
    #expect(Figures.rate(12.34) == "12.3")
    #expect(Figures.rate(213_716.4) == "213,716")
    #expect(Figures.perplexity(ofLoss: 2) == "7.39")
    #expect(Figures.perplexity(ofLoss: 100) == "over 10^9")
    #expect(Figures.perplexity(ofLoss: .nan) == "nan")
    #expect(Figures.bytes(4_183_272) == "4.2 MB")
  }

  @Test func stringsOfJSONAreEscaped() {
    #expect(JSON.quoted("猫\"\\\n\u{1}\u{2028}") == "\"猫\\\"\\\\\\n\\u0001\\u2028\"")
    #expect(JSON.number(.nan).text == "null")
    #expect(
      JSON.object([("b", .whole(1)), ("a", .array([.null, .string("x")]))]).text == "{\"b\": 1, \"a\": [null, \"x\"]}")
  }

  @Test func aWordOfACommandLineIsQuotedWhereItMustBe() {
    #expect(ShellWord.quoted("models/猫-1") == "models/猫-1")
    #expect(ShellWord.quoted("my model") == "'my model'")
    #expect(ShellWord.quoted("it's") == "'it'\\''s'")
    #expect(ShellWord.quoted("") == "''")
  }
}
