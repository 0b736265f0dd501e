import Foundation
import Testing
import Tsuzuri
import _TestSupport

/// The examples run, and the pages show them as they are.
struct ExamplesTests {
  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: TestCorpora.packageRoot + "/" + path, encoding: .utf8)
  }

  @Test(arguments: ["README.md", "Sources/Tsuzuri/Tsuzuri.docc/TrainWriteMeasure.md"])
  func thePageShowsTheTenLines(page: String) throws {
    let example = try Self.text("Examples/TenLines/main.swift")
    #expect(example.split(separator: "\n").count == 10)
    #expect(try Self.text(page).contains("```swift\n\(example)```"), "\(page) and Examples/TenLines differ")
  }

  @Test func tenLinesTrainWriteAndMeasure() throws {
    let output = try ExampleRun("TenLines").output()
    let lines = output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("perplexity ") })
    #expect(lines.last?.hasSuffix(" tokens") == true)
  }

  @Test func aRunOnFilesGoesOnWhereItWas() throws {
    let run = try ExampleRun("TrainOnFiles")
    let first = try run.output()
    #expect(first.contains("epoch 2: "))
    // Run again, it finds itself finished and does nothing.
    let second = try run.output()
    #expect(second == first.split(separator: "\n").last.map { $0 + "\n" })
    let model = try ModelFolder(run.folder["harbour-model"]).load()
    #expect(model.description.training?.corpus == ["corpora/en"])
  }

  /// The table in 'Tokens, characters, words'.
  @Test(arguments: TokenLevel.allCases)
  func thePageCutsTextsAsTheTokenizerDoes(level: TokenLevel) throws {
    let page = try Self.text("Sources/Tsuzuri/Tsuzuri.docc/TokensCharactersWords.md")
    let example = String(try #require(page.firstMatch(of: #/「(.+)」 \|/#)).1)
    let row = try #require(page.firstMatch(of: try Regex("\n\\| `\(level.rawValue)` \\| [^|]+ \\| ([^|]+) \\|")))
    let stated = String(try #require(row.output[1].substring))
    var segments: [String] = []
    let options = SegmentationOptions(level: level)
    var reader = try TextBlockReader(.text(example), text: TextOptions(), segmentation: options)
    let segmenter = try Segmenter(options)
    while let block = try reader.next() {
      try segmenter.forEachSegment(in: block) { segment, kind in
        if kind == .text { segments.append(String(decoding: segment, as: UTF8.self).replacing(" ", with: "␣")) }
      }
    }
    #expect(stated == (level == .byte ? "\(segments.count) bytes" : segments.joined(separator: " · ")))
  }
}

/// An example that runs in a folder of its own, where it finds `corpora`.
private struct ExampleRun {
  let folder: TestFolder
  private let command: TestCommand

  init(_ name: String) throws {
    command = try TestCommand(name)
    folder = try TestFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder["corpora"], withDestinationPath: TestCorpora.packageRoot + "/corpora")
  }

  /// Runs it to its end and gives what it printed.
  func output() throws -> String {
    let outcome = try command.run([], in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }
}
