import Testing
import _TestSupport

/// `tsuzuri evaluate --cache`.
struct CacheCommandTests {
  private func evaluate(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try runWithModel(["evaluate", "again.txt", "--json", "--quiet"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try fields(of: outcome)
  }

  private func nats(_ arguments: [String]) throws -> Double {
    try #require(try evaluate(arguments)["nats_per_token"] as? Double)
  }

  @Test func aCacheIsToldOf() throws {
    let found = try evaluate(["--cache", "20", "--cache-theta", "0.5", "--cache-lambda", "0.25"])
    let adaptation = try #require(found["adaptation"] as? [[String: Any]])
    #expect(adaptation.count == 1)
    #expect(Set(adaptation[0].keys) == ["model", "cache_size", "cache_theta", "cache_lambda"])
    #expect(adaptation[0]["model"] as? String == "model" && adaptation[0]["cache_size"] as? Int == 20)
    #expect(adaptation[0]["cache_theta"] as? Double == 0.5 && adaptation[0]["cache_lambda"] as? Double == 0.25)
    let table = try runWithModel(["evaluate", "held-out.txt", "--quiet", "--cache", "20", "--cache-theta", "0.5"])
      .output
    #expect(table.contains("\ncache                    20 states, theta 0.5000, lambda 0.2500\n"))
  }

  @Test func aCacheOfNoWeightChangesNothing() throws {
    let cache = ["--cache", "20", "--cache-lambda", "0"]
    #expect(abs(try nats(cache) - nats([])) < 1e-6)
    #expect(abs(try nats(cache + ["--window", "7"]) - nats(["--window", "7"])) < 1e-6)
  }

  @Test func whoTunesOnWhatIsMeasuredIsWarned() throws {
    let same = try runWithModel(["evaluate", "again.txt", "--cache", "20", "--tune", "./again.txt", "--quiet"])
    #expect(same.status == 0)
    #expect(
      same.errors.contains(
        "--tune: ./again.txt is also measured, so the result is better than on a text that no number was found on.\n"),
      "\(same.errors)")
    let other = try runWithModel(["evaluate", "held-out.txt", "--cache", "20", "--tune", "again.txt", "--quiet"])
    #expect(other.status == 0 && other.errors == "")
  }

  /// Numbers are found by going through the text several times, and a stream can be read once.
  @Test func aTextForTuningMayComeOnStandardInput() throws {
    let options = ["--cache", "200", "--dynamic", "--tune"]
    let piped = try runWithModel(
      ["evaluate", "again.txt", "--quiet", "--json"] + options + ["-"],
      input: try TrainedModel.shared.get().folder.text("again.txt"))
    #expect(piped.status == 0, "\(piped.errors)")
    let found = try #require(try fields(of: piped)["nats_per_token"] as? Double)
    #expect(try abs(found - nats(options + ["again.txt"])) < 1e-9)
    let twice = try runWithModel(["evaluate", "-", "--cache", "200", "--tune", "-"], input: "a")
    #expect(twice.status == 64)
    #expect(
      twice.errors.hasPrefix("Error: -: standard input can be read once only. Give it once.\n"), "\(twice.errors)")
  }

  @Test func whatIsFoundOnATextIsBestThere() throws {
    let tuned = try nats(["--cache", "200", "--tune", "again.txt"])
    #expect(try tuned < nats([]))
    #expect(try tuned <= nats(["--cache", "200"]) + 1e-6)
    #expect(try tuned <= nats(["--cache", "200", "--cache-theta", "1", "--tune", "again.txt"]) + 1e-6)
  }

  @Test func aMixtureHasCachesForItsNetworks() throws {
    let folder = try TrainedModel.shared.get().folder
    let counted = try TestCommand().run(
      [
        "ngram", "train", "corpus", "--order", "3", "--validation", "0", "--vocabulary", "model/vocabulary.txt",
        "--model", "counts", "--quiet",
      ], in: folder)
    #expect(counted.status == 0, "\(counted.errors)")
    let models = ["--model", "model", "--model", "counts"]
    let found = try evaluate(models + ["--cache", "200", "--tune", "again.txt"])
    #expect((found["adaptation"] as? [[String: Any]])?.count == 1)
    #expect((found["weights"] as? [Double])?.count == 2)
    let nats = try #require(found["nats_per_token"] as? Double)
    #expect(try nats < self.nats(models + ["--tune", "again.txt"]))
    #expect(try nats < self.nats(["--cache", "200", "--tune", "again.txt"]))
    let alone = try runWithModel(["evaluate", "held-out.txt", "--quiet", "--model", "counts", "--cache", "20"])
    #expect(alone.status == 1)
    #expect(
      alone.errors == "Error: counts: expected a network, which can go with the text that it measures, found an n-gram "
        + "model. Name a network with --model, or leave out --cache and --dynamic.\n")
  }

  @Test(arguments: [
    (["--cache", "0"], "--cache: expected a whole number from 1 to 1000000, found 0."),
    (["--cache", "-3"], "--cache: expected a whole number from 1 to 1000000, found -3."),
    (["--cache", "many"], "--cache: expected a whole number from 1 to 1000000, found 'many'."),
    (
      ["--cache-theta", "1"], "--cache-theta: there is no cache. Give its size with --cache, or leave the option out."
    ),
    (
      ["--cache-lambda", "0.1"],
      "--cache-lambda: there is no cache. Give its size with --cache, or leave the option out."
    ),
    (["--cache", "9", "--cache-theta", "-1"], "--cache-theta: expected a number of 0 or more, found -1."),
    (["--cache", "9", "--cache-theta", "nan"], "--cache-theta: expected a number of 0 or more, found nan."),
    (["--cache", "9", "--cache-theta", "inf"], "--cache-theta: expected a number of 0 or more, found inf."),
    (
      ["--cache", "9", "--cache-lambda", "1"],
      "--cache-lambda: expected a number from 0 up to, not including, 1, found 1."
    ),
    (
      ["--cache", "9", "--cache-lambda", "-0.1"],
      "--cache-lambda: expected a number from 0 up to, not including, 1, found -0.1."
    ),
    (
      ["--cache", "9", "--cache-lambda", "NaN"],
      "--cache-lambda: expected a number from 0 up to, not including, 1, found NaN."
    ),
  ])
  func wrongOptionsAreNamed(arguments: [String], message: String) throws {
    let outcome = try runWithModel(["evaluate", "held-out.txt"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.prefix { $0 != "\n" } == "Error: " + message)
  }
}
