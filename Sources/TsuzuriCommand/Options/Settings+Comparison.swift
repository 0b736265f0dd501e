import ArgumentParser
import Tsuzuri
import TsuzuriComparison

/// What the options of `compare` mean.
extension Settings {
  /// What the cells are compared on.
  enum ComparisonTask: String, CaseIterable { case text, memory }

  /// The values of options that nobody gives.
  static func comparisonDefaults(_ task: ComparisonTask) -> [String: String] {
    let own = [
      "cells": ComparisonOptions.standardCells, "task": task.rawValue, "layers": "1",
      "hidden-size": task == .text ? "128" : "64", "embedding-size": task == .text ? "64" : "16",
      "seeds": task == .text ? "3" : "2", "measurements": "20",
      "max-steps": task == .text ? "1000" : "4000", "epochs": "1000000000",
      "delays": "10,50,100,200", "adding-steps": "100",
    ]
    return defaults.merging(own) { $1 }
  }

  /// Refuses a comparison that would not end.
  func checkBound() throws {
    guard text("max-steps") != "none" || text("time-limit") != "none" else {
      throw ValidationError(
        "--max-steps, --time-limit: expected a bound to each cell's training, found none. Give one of them.")
    }
  }

  /// The cells, each once.
  func comparedCells() throws -> [CellKind] {
    var cells: [CellKind] = []
    for name in text("cells").split(separator: ",", omittingEmptySubsequences: false) {
      guard let cell = CellKind(rawValue: String(name)) else {
        let names = CellKind.allCases.map(\.rawValue)
        throw ValidationError(
          Self.message(
            "cells", expected: "\(names.count == 1 ? "" : "some of ")\(Self.list(names)), with commas between them",
            found: String(name)))
      }
      if cells.contains(cell) {
        throw ValidationError("--cells: '\(cell.rawValue)' stands twice. Name each cell once.")
      }
      cells.append(cell)
    }
    return cells
  }

  /// How many parameters a model may have, if that was said.
  func parameterBudget() throws -> Int? {
    optionalText("parameters") == nil ? nil : try wholeNumber("parameters", in: 1...1_000_000_000)
  }

  /// The sizes that all models have in common.
  func comparedShape(vocabularySize: Int) throws -> ModelConfiguration {
    var settings = self
    settings.set("cell", to: try comparedCells()[0].rawValue)
    return try settings.modelConfiguration(vocabularySize: vocabularySize)
  }

  /// How each model is trained on text.
  func comparedTraining() throws -> TrainingConfiguration { try budgeted().trainingConfiguration() }

  /// How many models of each cell are trained, and how often each is measured.
  func repetitions() throws -> (seeds: Int, measurements: Int) {
    (try wholeNumber("seeds", in: 1...1000), try wholeNumber("measurements", in: 1...10_000))
  }

  /// How each model learns the memory tasks.
  func memoryOptions(threads: Int) throws -> MemoryOptions {
    let (training, repetitions) = (try comparedTraining(), try repetitions())
    return MemoryOptions(
      batchSize: training.batchSize, learningRate: training.learningRate,
      clipNorm: training.clipping.maximumNorm ?? .infinity, maximumSteps: training.maximumSteps,
      timeLimitSeconds: training.timeLimitSeconds, seed: training.seed,
      seeds: repetitions.seeds, measurements: repetitions.measurements, threads: threads)
  }

  /// The memory tasks, the adding problem first.
  func memoryTasks() throws -> [MemoryTask] {
    let steps = try wholeNumber("adding-steps", in: 0...100_000)
    if steps == 1 {
      throw ValidationError(Self.message("adding-steps", expected: "0, or a whole number from 2 on", found: "1"))
    }
    let delays = try text("delays").split(separator: ",").map { delay in
      guard let delay = Int(delay), (1...100_000).contains(delay) else {
        throw ValidationError(
          Self.message(
            "delays", expected: "whole numbers from 1 to 100000, with commas between them", found: String(delay)))
      }
      return delay
    }
    let tasks = (steps == 0 ? [] : [MemoryTask.adding(steps: steps)]) + delays.map { .copy(delay: $0) }
    if tasks.isEmpty { throw ValidationError("--delays, --adding-steps: no task is left. Give one of them.") }
    return tasks
  }

  /// A time limit alone leaves the steps free.
  private func budgeted() -> Settings {
    var settings = self
    if given.contains("time-limit"), !given.contains("max-steps") { settings.set("max-steps", to: "none") }
    return settings
  }
}
