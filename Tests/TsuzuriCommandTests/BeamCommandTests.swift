import Testing
import _TestSupport

/// `generate --beam`.
struct BeamCommandTests {
  private func samples(_ arguments: [String]) throws -> [[String: Any]] {
    let outcome = try runWithModel(["generate", "--json", "-p", "The ", "-n", "30"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    return try #require(fields(of: outcome)["samples"] as? [[String: Any]])
  }

  private func number(_ sample: [String: Any], _ key: String) throws -> Double {
    try #require(sample[key] as? Double)
  }

  @Test func theBestTextsComeWithTheirScores() throws {
    let samples = try samples(["--beam", "6", "--num-samples", "4", "--length-penalty", "1"])
    #expect(samples.count == 4)
    for sample in samples {
      #expect(
        Set(sample.keys) == ["text", "tokens", "finish_reason", "log_probability", "score", "seconds"])
      // lp(30) = 35 / 6, where the text does not end before.
      if sample["finish_reason"] as? String == "length" {
        #expect(abs(try number(sample, "score") - number(sample, "log_probability") * 6 / 35) < 1e-9)
      }
    }
    #expect(try zip(samples, samples.dropFirst()).allSatisfy { try number($0, "score") >= number($1, "score") })
    #expect(Set(samples.compactMap { $0["text"] as? String }).count == 4)
  }

  @Test func nothingIsLeftToChanceNorToTheThreads() throws {
    func texts(_ arguments: [String]) throws -> [String] {
      try samples(["--beam", "8", "--num-samples", "3"] + arguments).map { "\($0["text"] ?? "") \($0["score"] ?? "")" }
    }
    let first = try texts(["--seed", "1", "--threads", "1"])
    #expect(try texts(["--seed", "2", "--threads", "2"]) == first)
  }

  @Test func theSearchFindsWhatGreedyWritingMisses() throws {
    let greedy = try samples(["--temperature", "0"])[0]
    let found = try samples(["--beam", "16", "--length-penalty", "0", "--min-tokens", "30"])[0]
    #expect(try number(found, "log_probability") >= number(greedy, "log_probability"))
  }

  @Test func rulesThatForbidHoldInASearch() throws {
    let found = try samples([
      "--beam", "4", "--num-samples", "4", "--no-repeat-ngram", "3", "--ban", "he", "--logit-bias", "s=-inf",
      "--min-tokens", "25", "--stop", "a",
    ])
    for sample in found {
      let text = try #require(sample["text"] as? String)
      #expect(!text.contains("he") && !text.contains("s"))
      #expect(try #require(sample["tokens"] as? Int) >= 25)
    }
  }

  @Test func textsStandOneBelowTheOther() throws {
    let expected = try samples(["--beam", "3", "--num-samples", "2"]).map { try #require($0["text"] as? String) }
    let outcome = try runWithModel(["generate", "-p", "The ", "-n", "30", "--beam", "3", "--num-samples", "2"])
    #expect(outcome.output == "--- 1 of 2 ---\nThe \(expected[0])\n\n--- 2 of 2 ---\nThe \(expected[1])\n")
    let one = try runWithModel(["generate", "-p", "The ", "-n", "30", "--beam", "3"])
    #expect(one.output == "The \(expected[0])\n")
    #expect(one.errors == "")
  }

  @Test(arguments: [
    (["--beam", "0"], "--beam: expected a whole number from 1 to 10000, found 0."),
    (["--beam", "-3"], "--beam: expected a whole number from 1 to 10000, found -3."),
    (["--beam", "wide"], "--beam: expected a whole number from 1 to 10000, found 'wide'."),
    (["--beam", "4", "--length-penalty", "-1"], "--length-penalty: expected a finite number, 0 or more, found -1."),
    (["--beam", "4", "--length-penalty", "nan"], "--length-penalty: expected a finite number, 0 or more, found nan."),
    (["--length-penalty", "1"], "--length-penalty: only --beam has it. Leave the option out."),
    (
      ["--beam", "4", "--temperature", "1"],
      "--temperature, --beam: a search takes the likeliest text and draws nothing. Leave one out."
    ),
    (
      ["--beam", "4", "--top-k", "40", "--top-p", "0.9"],
      "--top-k, --beam: a search takes the likeliest text and draws nothing. Leave one out."
    ),
    (
      ["--beam", "4", "--frequency-penalty", "1"],
      "--frequency-penalty, --beam: a search takes the likeliest text and draws nothing. Leave one out."
    ),
    (
      ["--beam", "4", "--logit-bias", "e=-inf", "--logit-bias", "a=1"],
      "--logit-bias a=1, --beam: a search goes by the model's own probabilities. Only -inf, which forbids a token, "
        + "has a place beside it."
    ),
    (
      ["--beam", "4", "--num-samples", "5"],
      "--num-samples: expected at most as many as the beam is wide, 4, found 5. Give a wider --beam."
    ),
  ])
  func aSearchThatCannotBe(_ options: [String], _ expected: String) throws {
    let outcome = try TestCommand().run(["generate"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.split(separator: "\n").first ?? "" == "Error: " + expected)
  }
}
