import Foundation
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
    let ofCharacters = try #require(fields["bits_per_character"] as? Double)
    #expect(abs(ofCharacters * Double(text.unicodeScalars.count) - bits * Double(text.utf8.count)) < 1e-6)
  }

  /// What training says of the validation text is what is said here of the same text and weights.
  @Test func trainingTellsTheSameMeasures() throws {
    let fields = try evaluate([])
    let lines = try TrainedModel.shared.get().folder.text("model/log.jsonl").split(separator: "\n")
      .compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    let best = try #require(
      lines.filter { $0["validation_loss"] != nil }
        .min { ($0["validation_loss"] as? Double ?? .infinity) < ($1["validation_loss"] as? Double ?? .infinity) })
    for (name, told) in [("nats_per_token", "validation_loss"), ("bits_per_byte", "validation_bits_per_byte")] {
      let (here, there) = (try #require(fields[name] as? Double), try #require(best[told] as? Double))
      #expect(abs(here - there) < 1e-9, "\(name)")
    }
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
