import Foundation
import Testing
import _TestSupport

/// `tsuzuri evaluate --dynamic`.
struct DynamicCommandTests {
  private func evaluate(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try runWithModel(["evaluate", "again.txt", "--json", "--quiet"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try fields(of: outcome)
  }

  private func nats(_ arguments: [String]) throws -> Double {
    try #require(try evaluate(arguments)["nats_per_token"] as? Double)
  }

  @Test func theNumbersAreToldOf() throws {
    let arguments = ["--dynamic", "--dynamic-rate", "0.01", "--dynamic-decay", "0.5", "--dynamic-window", "7"]
    #expect(try nats(arguments) != nats(arguments + ["--dynamic-epsilon", "0.1"]))
    let adaptation = try #require(try evaluate(arguments)["adaptation"] as? [[String: Any]])
    #expect(adaptation.count == 1)
    #expect(Set(adaptation[0].keys) == ["model", "dynamic_rate", "dynamic_decay", "dynamic_epsilon", "dynamic_window"])
    #expect(adaptation[0]["dynamic_rate"] as? Double == 0.01 && adaptation[0]["dynamic_decay"] as? Double == 0.5)
    #expect(adaptation[0]["dynamic_window"] as? Int == 7 && adaptation[0]["dynamic_epsilon"] as? Double == 0.0002)
    let table = try runWithModel(["evaluate", "held-out.txt", "--quiet"] + arguments).output
    #expect(table.contains("\ndynamic                  every 7 tokens, rate 0.01, decay 0.5\n"))
  }

  @Test func aTextIsLearntFrom() throws {
    let plain = try nats([])
    #expect(abs(try nats(["--dynamic", "--dynamic-rate", "0"]) - plain) < 1e-6)
    let tuned = try nats(["--dynamic", "--tune", "again.txt"])
    #expect(tuned < plain)
    #expect(try tuned <= nats(["--dynamic"]) + 1e-6)
    let both = ["--dynamic", "--cache", "200", "--tune", "again.txt"]
    #expect(try nats(both) < tuned)
  }

  @Test func aModelWithoutStatisticsGetsThemFromItsText() throws {
    let folder = try TrainedModel.shared.get().folder
    let old = folder["old"]
    if !FileManager.default.fileExists(atPath: old) {
      try FileManager.default.copyItem(atPath: folder["model"], toPath: old)
      try FileManager.default.removeItem(atPath: old + "/gradient-statistics.safetensors")
    }
    let outcome = try runWithModel(["evaluate", "held-out.txt", "--model", "old", "--dynamic", "--quiet"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "Error: --dynamic: old has no gradient-statistics.safetensors, which 'tsuzuri train' writes "
        + "when it ends. Name the text that the model was trained on with --dynamic-statistics.\n")
    let made = try nats(["--model", "old", "--dynamic", "--dynamic-statistics", "corpus"])
    #expect(abs(try made - nats(["--dynamic"])) < 0.05)
    #expect(abs(try made - nats([])) > 1e-4)
  }

  @Test func eightBitWeightsCannotMove() throws {
    let folder = try TrainedModel.shared.get().folder
    let exported = try TestCommand().run(
      ["export", "--quantize", "int8", "--output", "small-for-dynamic", "--quiet"], in: folder)
    #expect(exported.status == 0, "\(exported.errors)")
    let outcome = try runWithModel(["evaluate", "held-out.txt", "--model", "small-for-dynamic", "--dynamic", "--quiet"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: --dynamic: the weights in small-for-dynamic are 8-bit integers, which cannot move. Name "
        + "the model that it was exported from.\n")
  }

  @Test(arguments: [
    (
      ["--dynamic", "--window", "9"],
      "--dynamic, --window: what is learnt from a text is carried to its end, and a window forgets. Leave one out."
    ),
    (["--dynamic", "--dynamic-rate", "-1"], "--dynamic-rate: expected a number of 0 or more, found -1."),
    (["--dynamic", "--dynamic-rate", "nan"], "--dynamic-rate: expected a number of 0 or more, found nan."),
    (["--dynamic", "--dynamic-decay", "1e99"], "--dynamic-decay: expected a number of 0 or more, found 1e99."),
    (
      ["--dynamic", "--dynamic-epsilon", "0"],
      "--dynamic-epsilon: expected a positive number that single precision can hold, found 0."
    ),
    (["--dynamic", "--dynamic-window", "0"], "--dynamic-window: expected a whole number from 1 to 10000, found 0."),
    (
      ["--dynamic-rate", "0.1"],
      "--dynamic-rate: there is no dynamic evaluation. Ask for it with --dynamic, or leave the option out."
    ),
    (
      ["--dynamic-statistics", "corpus"],
      "--dynamic-statistics: there is no dynamic evaluation. Ask for it with --dynamic, or leave the option out."
    ),
  ])
  func wrongOptionsAreNamed(arguments: [String], message: String) throws {
    let outcome = try runWithModel(["evaluate", "held-out.txt"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.prefix { $0 != "\n" } == "Error: " + message)
  }
}
