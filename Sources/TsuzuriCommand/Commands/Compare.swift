import ArgumentParser
import Foundation
import Tsuzuri
import TsuzuriArchive
import TsuzuriComparison

/// `tsuzuri compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train several cells with the same budget, and compare them.",
    discussion: """
      Each cell gets the same steps or seconds, and the largest hidden size with which its model has no more parameters \
      than the first cell's. Prints a table, and writes a page with the curves.
      """)

  @Argument(help: ArgumentHelp("Files, folders (every .txt and .txt.gz in them) or '-'.", valueName: "corpus"))
  var corpus: [String] = []

  @OptionGroup(title: "What is compared") var comparison: ComparisonOptions
  @OptionGroup(title: "Memory tasks") var memory: MemoryTaskOptions
  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup(title: "Text") var measuring: ComparisonTextOptions
  @OptionGroup(title: "Vocabulary") var vocabulary: VocabularyOptionsGroup
  @OptionGroup(title: "Training") var optimization: OptimizationOptions
  @OptionGroup(title: "Training") var numbers: OptimizerOptions
  @OptionGroup(title: "Training") var schedule: ScheduleOptions

  @Option(
    name: .customLong("output"),
    help: ArgumentHelp("Where the page is written (default: compare.html).", valueName: "file"))
  var page = "compare.html"
  @OptionGroup(title: "What is shown and kept") var threads: ThreadsOption
  @OptionGroup(title: "What is shown and kept") var output: OutputOptions

  private var groups: [any SettingsGroup] {
    [comparison, memory, cutting, reading, measuring, vocabulary, optimization, numbers, schedule]
  }

  func settings() throws -> Settings {
    let task = try Settings(comparison, over: ["task": "text"]).choice("task", of: Settings.ComparisonTask.self)
    return Settings(groups, over: Settings.comparisonDefaults(task))
  }

  func validate() throws {
    let settings = try settings()
    try InputText.checkStandardInputIsReadOnce(corpus, measuring.validation)
    _ = try settings.comparedCells()
    _ = try settings.parameterBudget()
    _ = try settings.memoryTasks()
    try settings.checkBound()
    _ = try settings.comparedTraining()
    _ = try settings.repetitions()
    if settings.text("task") == "memory" {
      if !corpus.isEmpty {
        throw ValidationError("--task memory: these tasks make their own sequences. Leave out this or the corpus.")
      }
      try refuse(
        Self.textOnly + [numbers.given, schedule.given].flatMap(\.keys).sorted(), settings,
        "the memory tasks have no use for it")
    } else {
      if corpus.isEmpty { throw ValidationError("expected a corpus to compare the cells on, or '--task memory'.") }
      try refuse(["delays", "adding-steps"], settings, "only --task memory has it")
      try settings.checkTraining()
    }
  }

  /// What means something only where there is a text; the memory tasks have one layer, and their own rule of learning.
  private static let textOnly = [
    "layers", "level", "locale", "normalization", "encoding", "lossy", "strip-ruby", "validation", "vocabulary",
    "vocabulary-size", "min-count", "sequence-length", "optimizer", "schedule", "weight-decay", "clip-value", "shares",
  ]

  private func refuse(_ names: [String], _ settings: Settings, _ reason: String) throws {
    for name in names where settings.given.contains(name) {
      throw ValidationError("--\(name): \(reason). Leave the option out.")
    }
  }
}
