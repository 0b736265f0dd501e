import ArgumentParser
import Tsuzuri

/// What is compared, and how long each run lasts.
struct ComparisonOptions: SettingsGroup {
  @Option(
    help: ArgumentHelp(
      "The cells, with commas between them (default: \(ComparisonOptions.standardCells)); the first one's model, at "
        + "the hidden size, says how many parameters all may have.", valueName: "names"))
  var cells: String?

  @Option(help: ArgumentHelp("text, or memory: the adding problem and copying after a delay (default: text)."))
  var task: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many parameters each model may have, instead of those of the first.", valueName: "n"))
  var parameters: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The first cell's width (default: 128; memory tasks: 64).", valueName: "n"))
  var hiddenSize: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The width of a token's vector (default: 64; memory tasks: 16).", valueName: "n"))
  var embeddingSize: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many layers (default: 1).", valueName: "n"))
  var layers: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many runs each cell gets (default: 3; memory tasks: 2).", valueName: "n"))
  var seeds: String?

  @Option(parsing: .unconditional, help: .setting("seed", "The seed of the first of them.", valueName: "n"))
  var seed: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The steps of a run (default, without a time limit: 1000; memory tasks: 4000).", valueName: "n"))
  var maxSteps: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The seconds of training of a run; measuring is not counted.", valueName: "seconds"))
  var timeLimit: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How often a run is measured (default: 20).", valueName: "n"))
  var measurements: String?

  var given: [String: String?] {
    [
      "cells": cells, "task": task, "parameters": parameters, "hidden-size": hiddenSize,
      "embedding-size": embeddingSize, "layers": layers, "seeds": seeds, "seed": seed, "max-steps": maxSteps,
      "time-limit": timeLimit, "measurements": measurements,
    ]
  }

  /// The cells of the textbooks' comparison.
  static let standardCells = [CellKind.rnn, .lstm1997, .lstm, .lstmPeephole, .gru].map(\.rawValue)
    .joined(separator: ",")
}

/// What only the memory tasks have.
struct MemoryTaskOptions: SettingsGroup {
  @Option(
    help: ArgumentHelp(
      "The delays of the copy task, with commas between them (default: 10,50,100,200).", valueName: "ns"))
  var delays: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The steps of the adding problem; 0 leaves it out (default: 100).", valueName: "n"))
  var addingSteps: String?

  var given: [String: String?] { ["delays": delays, "adding-steps": addingSteps] }
}

/// The one option of text that says what is measured on.
struct ComparisonTextOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the models are measured on: a file, or a fraction at the corpus's end (default: 0.05).",
      valueName: "file or fraction"))
  var validation: String?

  var given: [String: String?] { ["validation": validation] }
}
