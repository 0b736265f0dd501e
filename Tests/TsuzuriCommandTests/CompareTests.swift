import Foundation
import Testing
import _TestSupport

/// `tsuzuri compare`: what it prints and writes, and what it refuses.
struct CompareTests {
  private static let small = ["--hidden-size", "8", "--max-steps", "6", "--seeds", "2", "--measurements", "3"]

  private func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write("text.txt", String(repeating: "the cat sat on the mat.\n", count: 60))
    return folder
  }

  private static let textOptions = [
    "text.txt", "--batch-size", "2", "--sequence-length", "8", "--embedding-size", "4", "--cells", "lstm",
  ]

  @Test func aComparisonOnTextPrintsATableAndWritesAPage() throws {
    let folder = try folder()
    let outcome = try TestCommand().run(
      ["compare"] + Self.textOptions + Self.small + ["--output", "page.html"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 2)
    let columns = lines.map { $0.split(separator: #/ {2,}/#).map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(
      columns[0] == ["cell", "hidden size", "parameters", "validation loss", "tokens/s", "tokens", "diverged"])
    #expect(columns[1][0] == "lstm" && columns[1][1] == "8" && columns[1][5] == "96" && columns[1][6] == "0 of 2")
    #expect(outcome.errors.contains("parameters: lstm \(columns[1][2]) (H = 8)"))
    let page = try folder.text("page.html")
    #expect(page.contains("<td>\(columns[1][3])</td>") && page.contains("tsuzuri compare text.txt"))
  }

  /// The seeds that the page tells are the last that there are.
  @Test func theLastSeedIsASeed() throws {
    let folder = try folder()
    let outcome = try TestCommand().run(
      ["compare", "--seed", "18446744073709551614", "--output", "page.html"] + Self.textOptions + Self.small, in: folder
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try folder.text("page.html").contains("18446744073709551614 to 18446744073709551615"))
  }

  @Test func jsonHasEveryCurve() throws {
    let folder = try folder()
    let outcome = try TestCommand().run(["compare", "--json"] + Self.textOptions + Self.small, in: folder)
    let object = try fields(of: outcome)
    #expect(Set(object.keys) == ["task", "validation_tokens", "output", "cells"])
    #expect(object["output"] as? String == "compare.html")
    let cell = try #require((object["cells"] as? [[String: Any]])?.first)
    #expect(
      Set(cell.keys) == [
        "cell", "hidden_size", "parameters", "validation_loss", "validation_loss_deviation", "tokens_per_second",
        "diverged_runs", "runs",
      ])
    let runs = try #require(cell["runs"] as? [[String: Any]])
    #expect(runs.count == 2)
    #expect(
      Set(runs[0].keys) == ["seed", "steps", "tokens", "seconds", "tokens_per_second", "validation_loss", "curve"])
    let points = try #require(runs[0]["curve"] as? [[String: Any]])
    #expect(points.compactMap { $0["step"] as? Int } == [2, 4, 6])
    #expect(Set(points[0].keys) == ["step", "tokens", "seconds", "loss"])
  }

  @Test func memoryTasksNeedNoText() throws {
    let folder = try TestFolder()
    let outcome = try TestCommand().run(
      ["compare", "--task", "memory", "--delays", "2,3", "--adding-steps", "4", "--cells", "lstm", "--json"]
        + Self.small, in: folder)
    let object = try fields(of: outcome)
    #expect(Set(object.keys) == ["task", "output", "tasks"])
    let tasks = try #require(object["tasks"] as? [[String: Any]])
    #expect(tasks.compactMap { $0["task"] as? String } == ["adding 4", "copy 2", "copy 3"])
    #expect(Set(tasks[0].keys) == ["task", "steps", "unit", "baseline", "cells"])
    let cell = try #require((tasks[0]["cells"] as? [[String: Any]])?.first)
    #expect(
      Set(cell.keys) == [
        "cell", "hidden_size", "parameters", "loss", "loss_deviation", "solved_runs", "steps_to_solve",
        "tokens_per_second", "runs",
      ])
    let run = try #require((cell["runs"] as? [[String: Any]])?.first)
    let flow = try #require(run["gradient_flow"] as? [String: [Double]])
    #expect(flow["fresh"]?.count == 4 && flow["trained"]?.first == 1)
    #expect(try folder.text("compare.html").contains("copy 3"))
  }

  @Test(arguments: [
    (["text.txt", "--cells", "lstm,,gru"], nil),
    (["text.txt", "--cells", "lstm,lstm"], "--cells: 'lstm' stands twice. Name each cell once."),
    ([], "expected a corpus to compare the cells on, or '--task memory'."),
    (
      ["text.txt", "--task", "memory"],
      "--task memory: these tasks make their own sequences. Leave out this or the corpus."
    ),
    (["text.txt", "--task", "speed"], "--task: expected text or memory, found 'speed'."),
    (["text.txt", "--seeds", "0"], "--seeds: expected a whole number from 1 to 1000, found 0."),
    (["text.txt", "--measurements", "0"], "--measurements: expected a whole number from 1 to 10000, found 0."),
    (
      ["text.txt", "--parameters", "some"], "--parameters: expected a whole number from 1 to 1000000000, found 'some'."
    ),
    (["text.txt", "--delays", "10"], "--delays: only --task memory has it. Leave the option out."),
    (
      ["--task", "memory", "--delays", "10,soon"],
      "--delays: expected whole numbers from 1 to 100000, with commas between them, found 'soon'."
    ),
    (
      ["--task", "memory", "--adding-steps", "1"],
      "--adding-steps: expected 0, or a whole number from 2 on, found 1."
    ),
    (
      ["--task", "memory", "--adding-steps", "0", "--delays", ","],
      "--delays, --adding-steps: no task is left. Give one of them."
    ),
    (
      ["--task", "memory", "--level", "word"], "--level: the memory tasks have no use for it. Leave the option out."
    ),
    (
      ["text.txt", "--max-steps", "none"],
      "--max-steps, --time-limit: expected a bound to each cell's training, found none. Give one of them."
    ),
    (["text.txt", "--max-steps", "0"], "--max-steps: expected a whole number, 1 or more, found 0."),
    (
      ["--task", "memory", "--cells", "lstm", "--parameters", "20"],
      "20 parameters are too few: the smallest model of the cell 'lstm' has 22. Allow more with --parameters."
    ),
  ])
  func aUsageThatIsWrong(_ arguments: [String], _ expected: String?) throws {
    let folder = try folder()
    let outcome = try TestCommand().run(["compare", "--quiet"] + arguments, in: folder)
    #expect(outcome.status == 64 && outcome.output == "")
    let message = String(outcome.errors.prefix { $0 != "\n" })
    if let expected {
      #expect(message == "Error: " + expected)
    } else {
      // Which cells there are is the model's affair.
      #expect(
        message.hasPrefix("Error: --cells: expected ") && message.hasSuffix(", with commas between them, found ''."))
    }
  }

  @Test func aPageThatCannotBeWrittenIsRefusedBeforeTheWork() throws {
    let folder = try folder()
    try folder.write("pages/a.txt", "")
    for (path, message) in [
      ("nowhere/page.html", "the page cannot be written there. Choose another place with --output."),
      ("pages", "expected a file for the page, found a folder. Name a file in it with --output."),
    ] {
      let outcome = try TestCommand().run(["compare", "text.txt", "--quiet", "--output", path], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors == "Error: \(path): \(message)\n")
    }
  }

  @Test func aTextWithoutValidationIsRefused() throws {
    let folder = try folder()
    let outcome = try TestCommand().run(["compare", "--quiet", "--validation", "0"] + Self.textOptions, in: folder)
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: there is no validation text to compare the models on. Set some aside with --validation.\n")
  }
}
