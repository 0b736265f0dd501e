import Foundation
import Testing
import _TestSupport

/// A model that PyTorch has made (`Tests/Reference/torch_states.py`), through `import`, `evaluate` and `train --init-from`.
struct TorchStateTests {
  /// A `state_dict`, and what PyTorch measured before and after it went on training.
  struct State: Decodable, CustomTestStringConvertible {
    var name: String
    var cell: String
    var prefixes: [String]
    var options: [String]
    var tokens: [String]
    var training: String
    var heldOut: String
    var lossBefore: Double
    var lossAfter: Double

    var testDescription: String { name }
  }

  static let states = Result { try ReferenceValues.cases(State.self, named: "torch_states", in: .module) }

  let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func state(_ name: String) throws -> State {
    let state = try #require(Self.states.get().first { $0.name == name })
    try folder.write("tokens.txt", state.tokens.joined(separator: "\n") + "\n")
    try folder.write("training.txt", state.training)
    try folder.write("held-out.txt", state.heldOut)
    return state
  }

  private func path(_ name: String) throws -> String {
    try #require(Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "Resources")).path
  }

  private func imported(_ state: State, _ options: [String]) throws -> TestCommand.Outcome {
    try TestCommand().run(
      ["import", path(state.name), "--vocabulary", "tokens.txt", "--level", "whitespace", "--model", "mine", "--quiet"]
        + options, in: folder)
  }

  private func loss(_ model: String) throws -> Double {
    let outcome = try TestCommand().run(["evaluate", "held-out.txt", "--model", model, "--json"], in: folder)
    return try #require(fields(of: outcome)["nats_per_token"] as? Double, "\(outcome.errors)")
  }

  @Test(arguments: ["torch-lstm", "torch-lstm-projected", "torch-gru", "torch-rnn", "torch-rnn-relu"])
  func aStateOfTorchMeasuresAsThereAndGoesOnTrainingAsThere(name: String) throws {
    let state = try state(name)
    let outcome = try imported(state, state.prefixes + state.options)
    #expect(outcome.status == 0 && outcome.output.hasPrefix("mine: \(state.cell), "), "\(outcome.errors)")
    #expect(try abs(loss("mine") - state.lossBefore) < 2e-6)
    let trained = try TestCommand().run(
      ["train", "training.txt", "--init-from", "mine", "--model", "on", "--validation", "0", "--max-steps", "6"]
        + ["--optimizer", "sgd", "--learning-rate", "0.5", "--schedule", "constant", "--clip-norm", "0.4"]
        + ["--batch-size", "3", "--sequence-length", "6", "--quiet"], in: folder)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(try abs(loss("on") - state.lossAfter) < 2e-6)
    #expect(abs(state.lossAfter - state.lossBefore) > 0.02)
  }

  @Test func anRNNIsTakenForOneWithTanhUnlessItIsTold() throws {
    let state = try state("torch-rnn-relu")
    let outcome = try imported(state, state.prefixes)
    #expect(outcome.output.hasPrefix("mine: rnn, "), "\(outcome.errors)")
    #expect(try abs(loss("mine") - state.lossBefore) > 1e-3)
  }

  @Test func withoutPrefixesShapesThatDoNotTellAreAnError() throws {
    let outcome = try imported(state("torch-gru"), [])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: \(try path("torch-gru")): expected one tensor that is the embedding, found \"tokens_in.weight\", "
        + "\"tokens_out.weight\". Say which with '--embedding-prefix'.\n")
  }

  /// Cells with as many gates as the module that compute something else with the same weights.
  @Test(arguments: [
    ("torch-gru", "recurrent", "gru-reset-before", "a GRU"), ("torch-gru", "recurrent", "lstm-1997", "a GRU"),
    ("torch-lstm", "lstm", "gru", "an LSTM"), ("torch-lstm", "lstm", "lstm-peephole", "an LSTM"),
    ("torch-rnn", "elman", "feed-forward", "an RNN"),
  ])
  func aCellThatTheModuleIsNot(name: String, prefix: String, cell: String, module: String) throws {
    let state = try state(name)
    let outcome = try imported(state, state.prefixes + ["--cell", cell])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors
        == "Error: \(try path(name)), tensor \"\(prefix).weight_hh_l0\": expected the weights of the cell '\(cell)', "
        + "found those of \(module). Leave out --cell, or name the cell that the file holds.\n")
    #expect(!FileManager.default.fileExists(atPath: folder["mine"]))
  }
}
