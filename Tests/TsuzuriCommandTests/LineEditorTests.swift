import Testing

@testable import TsuzuriCommand

/// What a person types becomes a line, whatever it is written in.
struct LineEditorTests {
  /// The line and the cursor's place after some keys.
  private func line(_ keys: [Key]) -> (String, Int) {
    var editor = LineEditor()
    editor.begin()
    for key in keys { _ = editor.handle(key) }
    return (String(editor.characters), editor.cursor)
  }

  @Test func backspaceTakesAWholeCharacter() {
    // が of two scalars, a flag of two, a family of seven, and an accent.
    for character in ["猫", "か\u{3099}", "🇯🇵", "👨‍👩‍👧‍👦", "e\u{301}", "😀"] {
      let typed = character.unicodeScalars.map { Key.text(String($0)) }
      #expect(line([.text("a")] + typed) == ("a" + character, 2), "\(character)")
      #expect(line([.text("a")] + typed + [.backspace]) == ("a", 1), "\(character)")
      #expect(line([.text("a")] + typed + [.left, .delete]) == ("a", 1), "\(character)")
    }
    #expect(line([.backspace, .delete, .left, .right]) == ("", 0))
  }

  @Test func theCursorGoesThroughTheLine() {
    let text: [Key] = "猫がいる".map { .text(String($0)) }
    #expect(line(text + [.left, .left, .text("x")]) == ("猫がxいる", 3))
    #expect(line(text + [.home, .text("黒")]) == ("黒猫がいる", 1))
    #expect(line(text + [.home, .right, .eraseBehind]) == ("猫", 1))
    #expect(line(text + [.left, .eraseBefore]) == ("る", 0))
    #expect(line(text + [.home, .delete, .end, .backspace]) == ("がい", 2))
    #expect(line([.text("a cat  "), .eraseWord]) == ("a ", 2))
    #expect(line([.text("a cat"), .left, .eraseWord, .eraseWord]) == ("t", 0))
    // A mark that is put behind a character becomes a part of it.
    #expect(line([.text("かく"), .left, .text("\u{3099}")]) == ("か\u{3099}く", 1))
    // What is typed before the other half of a character becomes one with it.
    #expect(line([.text("\u{1F1F5}"), .home, .text("\u{1F1EF}")]) == ("🇯🇵", 1))
    #expect(line([.text("\u{200D}💻"), .home, .text("👩")]) == ("👩‍💻", 1))
    #expect(line([.text("\u{1161}a"), .home, .text("\u{1100}")]) == ("\u{1100}\u{1161}a", 1))
    #expect(line([.text("x\r"), .none, .redraw]).1 == 2)
  }

  @Test func linesBeforeComeBack() {
    var editor = LineEditor()
    func enter(_ text: String) {
      editor.begin()
      _ = editor.handle(.text(text))
      #expect(editor.handle(.enter) == .entered(text))
    }
    for text in ["一", "二", "二", ""] { enter(text) }
    editor.begin()
    _ = editor.handle(.text("draft"))
    var seen: [String] = []
    for key in [Key.earlier, .earlier, .earlier, .later, .later, .later] {
      _ = editor.handle(key)
      seen.append(String(editor.characters))
    }
    #expect(seen == ["二", "一", "一", "二", "draft", "draft"])
  }

  @Test func theLineEnds() {
    var editor = LineEditor()
    editor.begin()
    #expect(editor.handle(.deleteOrEnd) == .ended)
    _ = editor.handle(.text("猫"))
    #expect(editor.handle(.deleteOrEnd) == .editing)
    #expect(editor.handle(.home) == .editing)
    #expect(editor.handle(.deleteOrEnd) == .editing)
    #expect(editor.characters.isEmpty)
    #expect(editor.handle(.cancel) == .cancelled)
    #expect(editor.handle(.suspend) == .suspended)
  }

  @Test func aLongLineShowsThePartAroundTheCursor() {
    var editor = LineEditor()
    editor.begin()
    _ = editor.handle(.text("猫が犬をみる"))
    #expect(editor.view(columns: 80) == ("猫が犬をみる", 12))
    // One column stays for the cursor.
    #expect(editor.view(columns: 8) == ("をみる", 6))
    for _ in 0..<4 { _ = editor.handle(.left) }
    #expect(editor.view(columns: 8) == ("猫が犬", 4))
    _ = editor.handle(.home)
    #expect(editor.view(columns: 8) == ("猫が犬", 0))
    #expect(editor.view(columns: 1) == ("", 0))
  }

  @Test func bytesBecomeKeys() {
    var decoder = KeyDecoder()
    #expect(decoder.append(Array("a猫\r".utf8)) == [.text("a"), .text("猫"), .enter])
    // A character, or a sequence, that arrives in pieces.
    let cat = Array("猫".utf8)
    #expect(decoder.append(cat[..<2]) == [])
    #expect(decoder.append(cat[2...]) == [.text("猫")])
    #expect(decoder.append([0x1B]) == [])
    #expect(decoder.append([0x5B]) == [])
    #expect(decoder.append([0x44, 0x7F]) == [.left, .backspace])
    let sequences: [(String, Key)] = [
      ("[A", .earlier), ("[B", .later), ("[C", .right), ("OD", .left), ("OH", .home), ("[F", .end), ("[3~", .delete),
      ("[1~", .home), ("[1;5C", .right), ("[200~", .none), ("x", .none),
    ]
    for (bytes, key) in sequences { #expect(decoder.append([0x1B] + Array(bytes.utf8)) == [key], "\(bytes)") }
    #expect(
      decoder.append([1, 2, 3, 4, 5, 6, 8, 11, 12, 14, 16, 21, 23, 26, 9]) == [
        .home, .left, .cancel, .deleteOrEnd, .end, .right, .backspace, .eraseBehind, .redraw, .later, .earlier,
        .eraseBefore, .eraseWord, .suspend, .none,
      ])
    // Bytes that are no text are passed over, and no key waits for them.
    #expect(decoder.append([0xE3, 0x41, 0x41]) == [.none, .text("A"), .text("A")])
    #expect(decoder.append([0xF0, 0x0D]) == [.none, .enter])
  }
}
