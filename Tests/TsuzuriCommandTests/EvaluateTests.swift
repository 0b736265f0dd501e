import Testing
import _TestSupport

struct EvaluateTests {
  private func evaluate(_ arguments: [String]) throws -> [String: Any] {
    try fields(of: runWithModel(["evaluate", "held-out.txt", "--json"] + arguments))
  }

  @Test func validationLossIsWhatEvaluatePrints() throws {
    let trained = try fields(of: TrainedModel.shared.get().outcome)
    let loss = try #require(trained["validation_loss"] as? Double)
    let nats = try #require(try evaluate([])["nats_per_token"] as? Double)
    #expect(abs(loss - nats) < 1e-6)
  }

  @Test func theMeasuresAgree() throws {
    let fields = try evaluate([])
    let text = try TrainedModel.shared.get().folder.text("held-out.txt")
    let tokens = try #require(fields["tokens"] as? Int)
    let bits = try #require(fields["bits_per_byte"] as? Double)
    let nats = try #require(fields["nats_per_token"] as? Double)
    #expect(fields["bytes"] as? Int == text.utf8.count)
    #expect(fields["characters"] as? Int == text.unicodeScalars.count)
    #expect(abs(bits * 0.6931471805599453 * Double(text.utf8.count) - nats * Double(tokens)) < 1e-6)
  }

  @Test func everyScoredTokenIsWrittenWithItsNats() throws {
    let fields = try evaluate(["--tokens-out", "tokens.tsv"])
    let folder = try TrainedModel.shared.get().folder
    let lines = try folder.text("tokens.tsv").split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(lines.count == fields["tokens"] as? Int)
    #expect(lines.prefix(3).map { $0[0] } == ["T", "h", "e"])
    let sum = lines.reduce(0) { $0 + (Double($1[1]) ?? .nan) }
    let nats = try #require(fields["nats_per_token"] as? Double)
    #expect(abs(sum / Double(lines.count) - nats) < 1e-5)
  }

  @Test func aWindowForgets() throws {
    let whole = try #require(try evaluate([])["nats_per_token"] as? Double)
    let windows = try #require(try evaluate(["--window", "2"])["nats_per_token"] as? Double)
    #expect(whole != windows)
  }

  @Test func aTableIsForPeople() throws {
    let outcome = try runWithModel(["evaluate", "-", "--quiet"], input: "The ferry.")
    #expect(outcome.output.hasPrefix("tokens                   10\ncharacters               10\nbytes  "))
    #expect(outcome.errors == "")
  }
}
