import Foundation
import Testing
import _TestSupport

/// `generate --prompts`.
struct PromptsCommandTests {
  private static let lines = """
    {"prompt": "The ", "max_tokens": 30}
    {"prompt": "朝の港に、", "id": "港", "seed": 18446744073709551615}

    {"prompt": "", "id": 7, "stop": "e"}
    {"prompt": "The ", "stop": ["a", "。"], "min_tokens": 5, "seed": 3}
    {"seed": 3, "prompt": "The printer \\u732b\\n", "max_tokens": 0}
    """

  private func write(_ lines: String, _ name: String = "prompts-\(UUID().uuidString).jsonl") throws -> String {
    try TrainedModel.shared.get().folder.write(name, lines)
    return name
  }

  private func objects(_ arguments: [String], input: String = "") throws -> [[String: Any]] {
    let outcome = try runWithModel(["generate", "-n", "20", "--seed", "9", "--quiet"] + arguments, input: input)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    return try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func eachLineIsAnsweredByOne() throws {
    let file = try write(Self.lines)
    let found = try objects(["--prompts", file])
    #expect(found.map { $0["line"] as? Int } == [1, 2, 4, 5, 6])
    #expect(found.map { $0["prompt"] as? String } == ["The ", "朝の港に、", "", "The ", "The printer 猫\n"])
    #expect(found.map { $0["seed"] as? UInt64 } == [9, .max, 9, 3, 3])
    #expect(found[1]["id"] as? String == "港")
    #expect(found[2]["id"] as? Int == 7)
    for (object, id) in zip(found, [[], ["id"], ["id"], [], []]) {
      #expect(
        Set(object.keys)
          == Set(["line", "seed", "prompt", "text", "tokens", "finish_reason", "log_probability"] + id))
    }
    #expect(found[0]["tokens"] as? Int == 30 && found[4]["tokens"] as? Int == 0)
    // The same from standard input, with --json, and for any batch and number of threads.
    let whole = try run(["--prompts", file])
    #expect(try run(["--prompts", "-"], input: Self.lines.replacingOccurrences(of: "\n", with: "\r\n")) == whole)
    for options in [["--json"], ["--batch", "1"], ["--batch", "2", "--threads", "2"], ["--batch", "100"]] {
      #expect(try run(["--prompts", file] + options) == whole)
    }
  }

  private func run(_ arguments: [String], input: String = "") throws -> String {
    try runWithModel(["generate", "-n", "20", "--seed", "9", "--quiet"] + arguments, input: input).output
  }

  @Test func aLineWritesWhatItWouldAlone() throws {
    let found = try objects(["--prompts", write(Self.lines)])
    func alone(_ arguments: [String]) throws -> [String] {
      let outcome = try runWithModel(["generate", "--json"] + arguments)
      return try #require(fields(of: outcome)["samples"] as? [[String: Any]]).map { "\($0["text"] ?? "")" }
    }
    #expect(try alone(["-p", "The ", "-n", "30", "--seed", "9"]) == [found[0]["text"] as? String])
    #expect(
      try alone(["-p", "朝の港に、", "-n", "20", "--seed", "18446744073709551615"]) == [found[1]["text"] as? String])
    // The third prompt draws as the third sample.
    #expect(
      try alone(["-n", "20", "--seed", "9", "--stop", "e", "--num-samples", "3"])[2] == found[2]["text"] as? String)
    #expect(
      try alone(["-p", "The ", "-n", "20", "--seed", "3", "--stop", "a", "--stop", "。", "--min-tokens", "5"])
        == [found[3]["text"] as? String])
  }

  @Test(arguments: [
    ("The ferry", "expected a JSON object, found 'The ferry'. Write a line as {\"prompt\": \"The ferry\"}."),
    ("[1]", "expected a JSON object, found '[1]'. Write a line as {\"prompt\": \"The ferry\"}."),
    (
      #"{"prompt": "a"} {"prompt": "b"}"#,
      "expected a JSON object, found '{\"prompt\": \"a\"} {\"prompt\": \"b\"}'. "
        + "Write a line as {\"prompt\": \"The ferry\"}."
    ),
    ("{}", "expected the key 'prompt', found none. An empty prompt, \"\", begins a new text."),
    (
      #"{"prompt": 5}"#, "prompt: expected a text, found 5. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": null}"#, "prompt: expected a text, found null. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "max_token": 5}"#,
      "expected the keys prompt, id, max_tokens, min_tokens, seed or stop, found 'max_token'. Check its spelling."
    ),
    (
      #"{"prompt": "a", "max_tokens": -1}"#,
      "max_tokens: expected a whole number, 0 or more, found -1. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "max_tokens": 1.5}"#,
      "max_tokens: expected a whole number, 0 or more, found 1.5. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "max_tokens": "9"}"#,
      "max_tokens: expected a whole number, 0 or more, found \"9\". Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "max_tokens": true}"#,
      "max_tokens: expected a whole number, 0 or more, found true. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "seed": -1}"#,
      "seed: expected a whole number from 0 to 2⁶⁴ − 1, found -1. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "stop": ["b", ""]}"#,
      "stop: expected a text or a list of texts of one character or more, found [\"b\", \"\"]. "
        + "Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "id": [1]}"#,
      "id: expected a text or a whole number from 0 to 2⁶⁴ − 1, found [1]. Change the value, or leave the key out."
    ),
    (
      #"{"prompt": "a", "min_tokens": 21}"#,
      "min_tokens: expected at most max_tokens, 20, found 21. Give a larger max_tokens on this line."
    ),
  ])
  func aBrokenLineIsNamed(_ line: String, _ expected: String) throws {
    let file = try write("{\"prompt\": \"a\"}\n\n" + line + "\n{\"prompt\": \"b\"}\n")
    let outcome = try runWithModel(["generate", "-n", "20", "--prompts", file])
    #expect(outcome.status == 1 && outcome.output == "")
    #expect(outcome.errors.split(separator: "\n").last ?? "" == "Error: \(file), line 3: " + expected)
  }

  @Test func aFileWithoutPromptsIsAnError() throws {
    let file = try write("\n  \n")
    #expect(
      try runWithModel(["generate", "--prompts", file, "--seed", "1"]).errors
        == "Error: \(file): expected a JSON object on each line, found none. "
        + "Write a line as {\"prompt\": \"The ferry\"}.\n")
  }

  @Test(arguments: [
    (["--batch", "3"], "--batch: only --prompts has it. Leave the option out."),
    (["--prompts", "f", "--batch", "0"], "--batch: expected a whole number from 1 to 100000, found 0."),
    (
      ["--prompts", "f", "--prompt", "a"],
      "--prompt, --prompts: each line of the file has one prompt and one text. Leave one out."
    ),
    (
      ["--prompts", "-", "--ban-file", "-"],
      "--prompts -, --ban-file -: standard input can be read once only. Name a file."
    ),
    (
      ["--prompt-file", "-", "--ban-file", "-"],
      "--prompt-file -, --ban-file -: standard input can be read once only. Name a file."
    ),
    (
      ["--prompts", "f", "--prompt-file", "a"],
      "--prompt-file, --prompts: each line of the file has one prompt and one text. Leave one out."
    ),
    (
      ["--prompts", "f", "--num-samples", "2"],
      "--num-samples, --prompts: each line of the file has one prompt and one text. Leave one out."
    ),
    (
      ["--prompts", "f", "--beam", "2"],
      "--beam, --prompts: each line of the file has one prompt and one text. Leave one out."
    ),
  ])
  func aUsageThatIsWrong(_ options: [String], _ expected: String) throws {
    let outcome = try TestCommand().run(["generate"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.split(separator: "\n").first ?? "" == "Error: " + expected)
  }
}
