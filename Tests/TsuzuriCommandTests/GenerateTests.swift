import Testing
import _TestSupport

struct GenerateTests {
  private func text(_ arguments: [String], input: String = "") throws -> String {
    let outcome = try runWithModel(["generate"] + arguments, input: input)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private func samples(_ arguments: [String]) throws -> [String] {
    let fields = try fields(of: runWithModel(["generate", "--json"] + arguments))
    return try #require(fields["samples"] as? [[String: Any]]).map { try #require($0["text"] as? String) }
  }

  @Test(arguments: ["朝の港に、", "In the morning the ferry", "🏴‍☠️ ñandú 龘", ""])
  func thePromptIsEchoedAndThenTheTextGoesOn(_ prompt: String) throws {
    let options = ["-p", prompt, "-n", "30", "--seed", "3"]
    let streamed = try text(options)
    // What is streamed piece by piece is what is told at once.
    #expect(streamed == prompt + (try samples(options)[0]) + "\n")
    #expect(streamed.count > prompt.count + 1)
  }

  @Test func theSeedDecidesTheText() throws {
    let first = try text(["-n", "40", "--seed", "5"])
    #expect(try text(["-n", "40", "--seed", "5"]) == first)
    #expect(try text(["-n", "40", "--seed", "6"]) != first)
  }

  @Test func aRandomSeedIsToldAndWritesTheSameAgain() throws {
    let outcome = try runWithModel(["generate", "-n", "40", "--quiet"])
    let line = try #require(outcome.errors.split(separator: "\n").first { $0.hasPrefix("seed ") })
    #expect(try text(["-n", "40", "--seed", String(line.dropFirst(5))]) == outcome.output)
  }

  @Test func atTemperatureZeroNothingIsLeftToChance() throws {
    #expect(try runWithModel(["generate", "--temperature", "0", "-n", "1"]).errors == "")
    #expect(
      try samples(["--temperature", "0", "-n", "20", "--seed", "1"])
        == samples(["--temperature", "0", "-n", "20", "--seed", "2"]))
  }

  @Test func severalSamplesStandApart() throws {
    let options = ["-p", "The ", "-n", "10", "--num-samples", "2", "--seed", "1"]
    let samples = try samples(options)
    #expect(samples[0] != samples[1])
    #expect(
      try text(options) == "--- 1 of 2 ---\nThe \(samples[0])\n\n--- 2 of 2 ---\nThe \(samples[1])\n")
    // A sample does not depend on how many there are.
    #expect(try self.samples(["-p", "The ", "-n", "10", "--seed", "1"]) == [samples[0]])
  }

  @Test func aStopTextEndsASampleBeforeItself() throws {
    let whole = try samples(["-n", "60", "--seed", "2"])[0]
    let stop = String(try #require(whole.dropFirst(10).first))
    let outcome = try runWithModel(["generate", "-n", "60", "--seed", "2", "--stop", stop, "--json"])
    let sample = try #require((try fields(of: outcome)["samples"] as? [[String: Any]])?.first)
    #expect(sample["finish_reason"] as? String == "stop")
    #expect(sample["text"] as? String == String(whole.prefix { String($0) != stop }))
  }

  @Test func aPromptComesFromAFileOrFromStandardInput() throws {
    let expected = try text(["-p", "船が", "-n", "8", "--seed", "1"])
    let folder = try TrainedModel.shared.get().folder
    try folder.write("prompt.txt", "船が\n")
    #expect(try text(["--prompt-file", "prompt.txt", "-n", "8", "--seed", "1"]) == expected)
    try folder.write("prompt.txt", "船が\r\n")
    #expect(try text(["--prompt-file", "prompt.txt", "-n", "8", "--seed", "1"]) == expected)
    #expect(try text(["--prompt-file", "-", "-n", "8", "--seed", "1"], input: "船が") == expected)
  }
}
