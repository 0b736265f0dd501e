import Testing
import _TestSupport

/// The rules of `generate` as its options give them.
struct GenerationRulesTests {
  private func samples(_ arguments: [String]) throws -> [[String: Any]] {
    let outcome = try runWithModel(["generate", "--json", "--seed", "4", "-n", "120"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try #require(fields(of: outcome)["samples"] as? [[String: Any]])
  }

  private func text(_ arguments: [String]) throws -> String {
    try #require(samples(arguments)[0]["text"] as? String)
  }

  @Test func noRunOfCharactersComesTwice() throws {
    let text = Array(try text(["-p", "The ", "--no-repeat-ngram", "2"]).unicodeScalars)
    let pairs = zip(text, text.dropFirst()).map { "\($0.0)\($0.1)" }
    #expect(Set(pairs).count == pairs.count)
  }

  @Test func whatIsBannedDoesNotAppear() throws {
    let plain = try text(["-p", "The "])
    #expect(plain.contains("e") && plain.contains("a"))
    let folder = try TrainedModel.shared.get().folder
    try folder.write("bans.txt", "\u{FEFF}a\r\n\r\nt\n")
    let banned = try text(["-p", "The ", "--ban", "e", "--ban", " s", "--ban-file", "bans.txt"])
    #expect(!banned.contains { "eat".contains($0) } && !banned.contains(" s"))
    #expect(banned.count == 120)
  }

  @Test func aBiasMakesATokenLikelierOrImpossible() throws {
    let much = try text(["--logit-bias", "q=30"])
    #expect(much == String(repeating: "q", count: 120))
    let never = try text(["--logit-bias", "e=-inf", "--logit-bias", "\\u{20}=-inf"])
    #expect(!never.contains("e") && !never.contains(" "))
  }

  @Test func theOtherRulesChangeTheText() throws {
    let plain = try text([])
    for rule in [
      ["--typical-p", "0.3"], ["--presence-penalty", "2"], ["--frequency-penalty", "1"],
      ["--frequency-penalty", "1", "--repetition-window", "2"], ["--min-p", "0.2"],
    ] {
      #expect(try text(rule) != plain, "\(rule)")
    }
    #expect(
      try text(["--typical-p", "1", "--presence-penalty", "0", "--no-repeat-ngram", "0", "--min-tokens", "3"]) == plain)
  }

  @Test func rulesHoldForEachOfSeveralSamplesAndForAnyNumberOfThreads() throws {
    let rules = [
      "-p", "The cat", "--no-repeat-ngram", "4", "--ban", "he", "--typical-p", "0.9", "--frequency-penalty", "0.1",
      "--min-tokens", "20", "--stop", "a",
    ]
    func texts(_ arguments: [String]) throws -> [String] { try samples(rules + arguments).map { "\($0)" } }
    func tellable(_ arguments: [String]) throws -> [String] {
      try samples(rules + arguments).map { "\($0["text"] ?? "") \($0["finish_reason"] ?? "")" }
    }
    let four = try tellable(["--num-samples", "4", "--threads", "2"])
    #expect(try tellable(["--num-samples", "4", "--threads", "1"]) == four)
    #expect(try tellable(["--threads", "1"]) == [four[0]])
    #expect(Set(four).count == 4)
    #expect(!four.contains { $0.contains("he") })
    for sample in try samples(rules + ["--num-samples", "4"]) {
      #expect(try #require(sample["tokens"] as? Int) >= 20)
    }
  }

  @Test(arguments: [
    (
      ["--typical-p", "0"],
      "--typical-p: expected a number above 0 and up to 1, found 0. 1 switches the rule off, 0.95 is usual."
    ),
    (["--typical-p", "most"], "--typical-p: expected a number above 0 and up to 1, found 'most'."),
    (
      ["--presence-penalty", "nan"],
      "--presence-penalty: expected a finite number, found nan. 0 switches the rule off, 0.5 is usual."
    ),
    (
      ["--frequency-penalty", "inf"],
      "--frequency-penalty: expected a finite number, found inf. 0 switches the rule off, 0.5 is usual."
    ),
    (["--no-repeat-ngram", "-1"], "--no-repeat-ngram: expected a whole number, 0 or more, found -1."),
    (
      ["--no-repeat-ngram", "99999999999999999999"],
      "--no-repeat-ngram: expected a whole number, 0 or more, found 99999999999999999999."
    ),
    (
      ["--logit-bias", "the"], "--logit-bias: expected TOKEN=VALUE, as in 'the=-2' or '猫=-inf', found 'the'."
    ),
    (["--logit-bias", "=3"], "--logit-bias: expected TOKEN=VALUE, as in 'the=-2' or '猫=-inf', found '=3'."),
    (
      ["--logit-bias", "a=b=inf"],
      "--logit-bias: expected a finite number, or -inf, behind the last '=' of 'a=b=inf', found 'inf'."
    ),
    (
      ["--logit-bias", "猫="],
      "--logit-bias: expected a finite number, or -inf, behind the last '=' of '猫=', found ''."
    ),
    (["--ban", ""], "--ban: expected a text of one character or more, found ''."),
    (["--min-tokens", "-1"], "--min-tokens: expected a whole number, 0 or more, found -1."),
    (
      ["--min-tokens", "201"],
      "--min-tokens: expected at most --max-tokens, 200, found 201. Give a larger --max-tokens."
    ),
  ])
  func aRuleThatCannotBe(_ options: [String], _ expected: String) throws {
    let outcome = try TestCommand().run(["generate"] + options, in: TestFolder())
    #expect(outcome.status == 64)
    #expect(outcome.errors.split(separator: "\n").first ?? "" == "Error: " + expected)
  }

  @Test func aTokenThatTheModelDoesNotHave() throws {
    for token in ["xyzzy", "99999", "<unk>"] {
      let outcome = try runWithModel(["generate", "--logit-bias", token + "=1"])
      #expect(outcome.status == 64)
      #expect(
        outcome.errors.split(separator: "\n").first ?? ""
          == "Error: --logit-bias: expected one of the model's tokens, found '\(token)'. "
          + "'tsuzuri tokenize --model DIR' shows those of a text, as they are to be written here.")
    }
    let twice = try runWithModel(["generate", "--logit-bias", "a=1", "--logit-bias", "a=2"])
    #expect(
      twice.errors.split(separator: "\n").first?.hasPrefix(
        "Error: --logit-bias: expected one value for each token, found two for token ") == true, "\(twice.errors)")
  }

  @Test func aFileOfBansThatCannotBe() throws {
    let folder = try TrainedModel.shared.get().folder
    try folder.write("empty.txt", "\n\r\n")
    try folder.write("latin.txt", [0xE9, 0x0A])
    func message(_ file: String) throws -> String {
      let outcome = try runWithModel(["generate", "--ban-file", file])
      #expect(outcome.status == 1)
      return outcome.errors
    }
    #expect(
      try message("empty.txt") == "Error: empty.txt: expected a text on each line, found none. Leave out --ban-file.\n")
    #expect(
      try message("latin.txt") == "Error: latin.txt: expected banned texts in UTF-8, found other bytes. "
        + "Convert the file, for example with iconv.\n")
    #expect(
      try message("nowhere.txt")
        == "Error: nowhere.txt: the banned texts cannot be read. Check the name, or give '-' for "
        + "standard input.\n")
    #expect(
      try message("corpus") == "Error: corpus: expected a file with the banned texts, found a folder. "
        + "Name a file in it.\n")
  }
}
