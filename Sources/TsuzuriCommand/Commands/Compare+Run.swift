import Foundation
import Tsuzuri
import TsuzuriComparison

extension Compare {
  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    let file = OutputFile(path: page, kind: "page", option: "--output")
    try file.check()
    let settings = try settings()
    let facts = try facts(settings)
    let summary =
      settings.text("task") == "memory"
      ? try compareMemory(settings, facts, screen) : try compareText(settings, facts, screen)
    screen.clear()
    let out = StandardOutput()
    if output.json {
      try out.print(summary.json.text)
    } else {
      for line in Table.lines(header: summary.header, rows: summary.rows) { try out.print(line) }
    }
    try out.flush()
    // What cannot be written now was at least told.
    try file.write(summary.page)
    if !output.json { screen.tell("the page with the curves is \(page)") }
  }

  private func compareText(_ settings: Settings, _ facts: Facts, _ screen: Screen) throws -> ComparisonSummary {
    let text = try settings.tokenized(
      corpus, cacheFolder: CacheFolder.standard, threads: threads.count(), screen)
    let models = try Settings.asUsage {
      try ComparedModel.models(
        of: settings.comparedCells(), shape: settings.comparedShape(vocabularySize: text.vocabulary.count),
        parameters: settings.parameterBudget())
    }
    tell(models, screen)
    let repetitions = try settings.repetitions()
    let comparison = TextComparison(
      models: models, training: try settings.comparedTraining(), seeds: repetitions.seeds,
      measurements: repetitions.measurements, threads: try threads.count())
    let view = ComparisonView(screen)
    let result = try comparison.run(on: TrainingText(text), onEvent: view.show)
    return ComparisonSummary(result, page: page, facts: facts)
  }

  private func compareMemory(_ settings: Settings, _ facts: Facts, _ screen: Screen) throws -> ComparisonSummary {
    let comparison = MemoryComparison(
      tasks: try settings.memoryTasks(), cells: try settings.comparedCells(),
      shape: try settings.comparedShape(vocabularySize: 10), parameters: try settings.parameterBudget(),
      options: try settings.memoryOptions(threads: threads.count()))
    for task in comparison.tasks {
      let models = try Settings.asUsage {
        try task.models(of: comparison.cells, shape: comparison.shape, parameters: comparison.parameters)
      }
      tell(models, screen, task.name + ": ")
    }
    let view = ComparisonView(screen)
    return ComparisonSummary(try comparison.run(onEvent: view.show), page: page, facts: facts)
  }

  private func tell(_ models: [ComparedModel], _ screen: Screen, _ prefix: String = "") {
    let sizes = models.map {
      "\($0.cell.rawValue) \(Figures.count($0.parameters)) (H = \($0.configuration.hiddenSize))"
    }
    screen.tell("\(prefix)parameters: \(sizes.joined(separator: ", "))")
  }

  /// What a person needs to do it again.
  private typealias Facts = [(name: String, value: String)]

  private func facts(_ settings: Settings) throws -> Facts {
    let words = CommandLine.arguments.dropFirst().map(ShellWord.quoted)
    let training = try settings.comparedTraining()
    let bounds = [
      training.maximumSteps.map { "\(Figures.count($0)) steps" },
      training.timeLimitSeconds.map { "\(Figures.decimals($0, 0)) seconds of training" },
    ].compactMap(\.self)
    let first = training.seed
    let seeds = try UInt64(settings.repetitions().seeds)
    return [
      ("Command", (["tsuzuri"] + words).joined(separator: " ")),
      ("Budget of a run", bounds.joined(separator: ", at most ")),
      ("Seeds", seeds == 1 ? "\(first)" : "\(first) to \(first &+ (seeds - 1))"),
      ("Learning rate", settings.text("learning-rate")), ("Batch size", settings.text("batch-size")),
      ("Threads", "\(try threads.count())"), ("Program", Versions.description),
    ]
  }
}
