import Foundation
import Testing
import _TestSupport

/// Texts that are none: read, cut, made a vocabulary of and trained on, or refused with a message, in bounded memory.
///
/// Each is 200 kilobytes long, and what `TSUZURI_BAD_TEXT_MEGABYTES` says where that is set.
struct BadTextTests {
  enum BadText: String, CaseIterable {
    case randomBytes, oneCharacter, oneLine, combiningMarks, replacementCharacters, nulls, endlessCluster, flags, blanks

    /// The bytes, of which there are about `count`.
    func bytes(count: Int) -> [UInt8] {
      func repeated(_ text: String, after start: String = "") -> [UInt8] {
        let unit = Array(text.utf8)
        var bytes = Array(start.utf8)
        bytes.reserveCapacity(count + unit.count)
        while bytes.count < count { bytes += unit }
        return bytes
      }
      switch self {
      case .randomBytes:
        var state: UInt64 = 1
        return (0..<count).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(state >> 56)
        }
      case .oneCharacter: return repeated("猫")
      case .oneLine: return repeated("吾輩は猫である。The cat has no name yet, 名前はまだ無い。")
      case .combiningMarks: return repeated("\u{301}\u{323}\u{3099}")
      case .replacementCharacters: return repeated("\u{FFFD}")
      case .nulls: return repeated("a\u{0}\u{0}b")
      case .endlessCluster: return repeated("\u{301}", after: "e")
      case .flags: return repeated("\u{1F1EF}")
      case .blanks: return repeated(" \u{3000}")
      }
    }
  }

  private static let byteCount =
    ProcessInfo.processInfo.environment["TSUZURI_BAD_TEXT_MEGABYTES"].flatMap { Int($0) }.map { $0 * 1_000_000 }
    ?? 200_000

  /// Marks without end are put into their order at some hundred kilobytes a second.
  private static let seconds = max(300, Double(byteCount) / 50_000)

  /// So much address space, threads' stacks and libraries included: about a tenth of it is used. A sanitizer takes its own.
  private static let limit =
    ProcessInfo.processInfo.environment["TSUZURI_SANITIZER"] == nil ? "ulimit -v 3000000 -c 0; " : "ulimit -c 0; "

  @Test(arguments: BadText.allCases)
  func isReadOrRefusedInBoundedMemory(text: BadText) throws {
    let folder = try TestFolder()
    try folder.write("bad.txt", text.bytes(count: Self.byteCount))
    // A prompt is held in memory, and no corpus.
    try folder.write("prompt.txt", text.bytes(count: min(Self.byteCount, 10_000_000)))
    func run(_ arguments: String) throws -> TestCommand.Outcome {
      let outcome = try TestCommand().runInShell(
        "\(Self.limit)COMMAND \(arguments) --quiet", in: folder, seconds: Self.seconds)
      let isClear =
        outcome.status == 0
        || outcome.status == 1 && outcome.errors.hasPrefix("Error: ") && outcome.errors.utf8.count < 500
      #expect(isClear, "\(arguments): \(outcome.status), \(outcome.errors.prefix(500))")
      return outcome
    }
    for level in ["character", "word", "whitespace", "byte"] {
      let outcome = try run("tokenize --count bad.txt --level \(level)")
      // Random bytes may be said to be no text, but not where bytes are asked for.
      #expect(outcome.status == 0 || text == .randomBytes && level != "byte", "\(level): \(outcome.errors)")
    }
    #expect(try run("tokenize --count bad.txt --lossy --encoding utf-8").status == 0)
    #expect(try run("vocabulary build bad.txt --lossy --encoding utf-8 --level word --output v.txt").status == 0)
    let model = "--hidden-size 8 --embedding-size 8 --layers 1 --batch-size 4 --sequence-length 8 --max-steps 3"
    let trained = try run("train bad.txt --lossy --encoding utf-8 \(model) --vocabulary-size 2000 --validation 0.001")
    #expect(trained.status == 0)
    #expect(try run("generate -n 5 --prompt-file prompt.txt --temperature 0").status == (text == .randomBytes ? 1 : 0))
  }

  @Test func anEmptyStopTextIsAWrongUsage() throws {
    let outcome = try runWithModel(["generate", "--stop", "", "-n", "3"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("Error: --stop: expected a text of one character or more, found ''."))
  }

  @Test func aPromptOfTenMegabytesIsFed() throws {
    let folder = try TestFolder()
    try folder.write("prompt.txt", String(repeating: "吾輩は猫である。The cat\n", count: 320_000))
    let outcome = try TestCommand().runInShell(
      "\(Self.limit)COMMAND generate --model '\(TrainedModel.shared.get().folder["model"])' --prompt-file prompt.txt "
        + "-n 2 --seed 1 --json | tail -c 200", in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("\"finish_reason\""), "\(outcome.errors)")
  }
}
