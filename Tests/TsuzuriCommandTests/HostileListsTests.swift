import Foundation
import Testing
import _TestSupport

/// Small files that a person writes, or is sent: prompts, ids, presets. Whatever is in them, the message is short, drives no
/// terminal, and comes at once.
struct HostileListsTests {
  private static let marks = String(repeating: "\u{301}\u{323}\u{3099}", count: 100_000)

  private static let contents: [(name: String, text: String)] = [
    ("an escape sequence", "\u{1B}[2J{\"\u{1B}[2J\": 1}"), ("the second kind", "x\u{9B}2J"),
    ("a long word", String(repeating: "y", count: 1_000_000)), ("marks without end", "e" + marks),
    ("a key of marks", "{\"e\(marks)\": 1}"), ("a long key", "{\"\(String(repeating: "k", count: 1_000_000))\": 1}"),
    ("a long value", "{\"prompt\": \"a\", \"seed\": \"\(String(repeating: "v", count: 1_000_000))\"}"),
    ("a value of marks", "{\"prompt\": \"a\", \"stop\": [\"\", \"e\(marks)\"]}"),
    ("a long option", "--hidden-size \(String(repeating: "9", count: 60_000))"),
    ("an option of marks", "--e\(marks.prefix(9_000)) 3"),
    ("options without end", String(repeating: "--hidden-sise 3\n", count: 4_000)),
    ("an option with a sequence", "--level \u{1B}[2J"), ("nothing", ""), ("nul", "\0\0\0"),
  ]

  @Test(arguments: contents.map(\.name))
  func theMessageIsShortPlainAndAtOnce(name: String) throws {
    let folder = try TestFolder()
    let content = try #require(Self.contents.first { $0.name == name })
    try folder.write("list", content.text)
    try folder.write("story.txt", "the cat sat on the mat.\n")
    let model = try TrainedModel.shared.get().folder["model"]
    for arguments in [
      "generate --model '\(model)' --prompts list -n 2", "tokenize --model '\(model)' --decode list",
      "train story.txt --preset list --max-steps 1",
    ] {
      let outcome = try TestCommand().runInShell("timeout -s KILL 60 COMMAND \(arguments)", in: folder)
      #expect([0, 1, 64].contains(outcome.status), "\(arguments): \(outcome.status)")
      let message = outcome.errors.split(separator: "\n").first { $0.hasPrefix("Error: ") } ?? ""
      #expect((outcome.status == 0) == message.isEmpty, "\(arguments): \(outcome.errors.prefix(300))")
      #expect(message.utf8.count < 700, "\(arguments): \(message.utf8.count) bytes, \(message.prefix(300))")
      let isPlain = outcome.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
      #expect(isPlain, "\(arguments): control characters")
    }
  }

  @Test func aPresetHasNoMoreOptionsThanThereAre() throws {
    let folder = try TestFolder()
    try folder.write("many", String(repeating: "--layers 1\n", count: 201))
    let many = try TestCommand().run(["train", "story.txt", "--preset", "many"], in: folder)
    #expect(many.status == 64)
    #expect(
      many.errors.hasPrefix(
        "Error: many, line 201: expected at most 200 options, found more. Leave out what is not needed.\n")
    )
    try folder.write("large", String(repeating: "#", count: 65_537))
    let large = try TestCommand().run(["train", "story.txt", "--preset", "large"], in: folder)
    #expect(large.status == 1)
    #expect(
      large.errors == "Error: large: expected at most 65536 bytes, found more. "
        + "A preset is a file of some lines such as '--layers 3'.\n")
  }

  @Test func aPresetThatCannotBePrintedIsAnError() throws {
    let outcome = try TestCommand().runInShell("COMMAND preset char-small > /dev/full", in: TestFolder())
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("Error: standard output: "), "\(outcome.errors)")
  }
}
