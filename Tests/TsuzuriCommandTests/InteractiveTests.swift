import Glibc
import Testing
import _TestSupport

@testable import TsuzuriCommand

/// `generate --interactive`, by script and by hand.
struct InteractiveTests {
  private func run(_ lines: String, _ arguments: [String] = []) throws -> TestCommand.Outcome {
    try runWithModel(["generate", "-i", "-n", "12", "--seed", "3"] + arguments, input: lines)
  }

  private func text(_ arguments: [String]) throws -> String {
    let outcome = try runWithModel(["generate", "--json", "-n", "12", "--seed", "3"] + arguments)
    let samples = try #require(fields(of: outcome)["samples"] as? [[String: Any]])
    return try #require(samples[0]["text"] as? String)
  }

  @Test func aScriptFindsATextForEachLine() throws {
    let first = try text(["-p", "朝の港に"])
    let outcome = try run("朝の港に\n")
    #expect(outcome.status == 0 && outcome.output == first + "\n" && outcome.errors == "", "\(outcome.errors)")
    // The last line needs no end, and the state goes on from turn to turn: twice twelve are once 24.
    let whole = try text(["-p", "朝の港に", "-n", "24"])
    let twice = try run("朝の港に\n\n").output
    #expect(twice == String(whole.prefix(first.count)) + "\n" + whole.dropFirst(first.count) + "\n")
    #expect(try run("朝の港に").output == first + "\n")
    #expect(try run("", ["-p", "朝の港に"]).output == first + "\n")
    #expect(try run("").output == "")
  }

  @Test func commandsChangeWhatFollows() throws {
    let first = try text(["-p", "The "])
    #expect(try run("/max-tokens 5\nThe \n").output == (try text(["-p", "The ", "-n", "5"])) + "\n")
    #expect(try run("/temperature 0\nThe \n").output == (try text(["-p", "The ", "--temperature", "0"])) + "\n")
    #expect(try run("/temp 0\nThe \n").output == (try text(["-p", "The ", "--temperature", "0"])) + "\n")
    #expect(try run("/seed 8\nThe \n").output == (try text(["-p", "The ", "--seed", "8"])) + "\n")
    #expect(try run("/logit-bias q=40\nThe \n").output == "qqqqqqqqqqqq\n")
    #expect(try run("/logit-bias q=40\n/logit-bias\nThe \n").output == first + "\n")
    #expect(try !run("/ban e\n/ban  s\nThe \n", ["-n", "100"]).output.contains { $0 == "e" })
    #expect(
      try run("/stop e\nThe \n", ["-n", "100"]).output == (try text(["-p", "The ", "-n", "100", "--stop", "e"])) + "\n")
    #expect(try run("The \n/reset\n/seed 3\nThe \n").output == first + "\n" + first + "\n")
    #expect(try run("The \n/quit\nThe \n").output == first + "\n")
    #expect(try run("//The \n").output == (try text(["-p", "/The "])) + "\n")
    #expect(try run("The\\\nend\n").output == (try text(["-p", "The\nend"])) + "\n")
  }

  @Test func settingsAreShown() throws {
    let outcome = try run("/top-k 7\n/stop 。\n/settings\n/help\n")
    #expect(outcome.output == "")
    let lines = outcome.errors.split(separator: "\n").map(String.init)
    #expect(lines[..<3] == ["/temperature 0.8", "/top-k 7", "/typical-p 1"])
    #expect(lines.contains("/max-tokens 12") && lines.contains("/stop 。"))
    #expect(lines.last == "Ctrl-C stops the text that is being written, Ctrl-D ends.")
  }

  @Test(arguments: [
    (
      "/temperature -1",
      "/temperature: expected a number of 0 or more, found -1. 0 takes the likeliest token each time, "
        + "0.8 is usual."
    ),
    ("/top-k", "/top-k: expected a whole number, 0 or more, found ''."),
    ("/seed x", "/seed: expected a whole number from 0 to 2⁶⁴ − 1, found 'x'."),
    ("/min-tokens 13", "/min-tokens: expected at most --max-tokens, 12, found 13. Give a larger --max-tokens."),
    (
      "/logit-bias xyzzy=1",
      "/logit-bias: expected one of the model's tokens, found 'xyzzy'. "
        + "'tsuzuri tokenize --model DIR' shows those of a text, as they are to be written here."
    ),
    (
      "/temprature 1",
      "/temprature: there is no such command. /help lists them; a text that begins with / begins with //."
    ),
  ])
  func aCommandThatCannotBeChangesNothing(_ line: String, _ expected: String) throws {
    let outcome = try run(line + "\nThe \n")
    #expect(outcome.status == 0)
    #expect(outcome.errors == expected + "\n")
    #expect(outcome.output == (try text(["-p", "The "])) + "\n")
  }

  @Test(arguments: [
    (["--json"], "--json"), (["--num-samples", "2"], "--num-samples"), (["--beam", "2"], "--beam"),
    (["--prompts", "f"], "--prompts"), (["--prompt-file", "-"], "--prompt-file -"),
    (["--ban-file", "-"], "--ban-file -"),
  ])
  func aUsageThatIsWrong(_ options: [String], _ name: String) throws {
    let outcome = try TestCommand().run(["generate", "--interactive"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.split(separator: "\n").first ?? ""
        == "Error: \(name), --interactive: a session reads lines, and writes one text a line. Leave one out.")
  }

  @Test func aPersonTypesAndTakesBack() throws {
    let expected = try text(["-p", "朝の港に"])
    let terminal = try TestTerminal(["generate", "-i", "-n", "12", "--seed", "3"])
    #expect(terminal.wait(for: "> ") != nil)
    // 犬 and a が of two scalars are taken back, each by one key.
    terminal.type("朝の犬\u{7F}か\u{3099}\u{7F}港に\r")
    #expect(terminal.wait(for: "朝の港に") != nil)
    let shown = try #require(terminal.wait(for: "\r\n\r> "))
    #expect(shown.contains(expected.replacing("\n", with: "\r\n")), "\(shown)")
    // The line before comes back, and is given up; an empty line's Ctrl-D is the end.
    terminal.type("\u{1B}[A")
    #expect(terminal.wait(for: "朝の港に") != nil)
    terminal.type("\u{3}")
    #expect(terminal.wait(for: "\r\n") != nil)
    terminal.type("\u{4}")
    #expect(terminal.status() == 0)
    #expect(terminal.isCooked)
  }

  @Test func aSignalStopsATextAndNotTheSession() throws {
    let terminal = try TestTerminal(["generate", "-i", "-n", "100000000", "--seed", "3"])
    #expect(terminal.wait(for: "> ") != nil)
    terminal.type("The \r")
    #expect(terminal.wait(for: "e") != nil)
    #expect(terminal.isCooked)
    terminal.send(SIGINT)
    // One mark, and not one more for a line that was given up.
    #expect(terminal.wait(for: "\r\n\r> ") != nil)
    terminal.type("/max-tokens 3\r")
    #expect(terminal.wait(for: "> ") != nil)
    terminal.type("The \r")
    #expect(terminal.wait(for: "> ") != nil)
    terminal.send(SIGTERM)
    #expect(terminal.status() == 143)
    #expect(terminal.isCooked)
  }
}
