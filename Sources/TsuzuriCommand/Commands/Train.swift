import ArgumentParser
import Tsuzuri

/// `tsuzuri train`.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on text.",
    discussion: """
      The model's folder holds the best weights by validation loss, and what --resume needs. Ctrl-C saves first; \
      a second Ctrl-C does not.
      """)

  @Argument(help: ArgumentHelp("Files, folders (every .txt and .txt.gz in them) or '-'.", valueName: "corpus"))
  var corpus: [String] = []

  @OptionGroup(title: "Where a run begins") var folder: ModelFolderOption
  @OptionGroup(title: "Where a run begins") var start: StartOptions
  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup(title: "Vocabulary") var vocabulary: VocabularyOptionsGroup
  @OptionGroup(title: "Model") var shape: TrainedModelOptions
  @OptionGroup(title: "Large vocabularies") var softmax: SoftmaxOptions
  @OptionGroup(title: "Regularisation") var regularization: RegularizationOptions
  @OptionGroup(title: "Training") var optimization: OptimizationOptions
  @OptionGroup(title: "Training") var numbers: OptimizerOptions
  @OptionGroup(title: "Training") var schedule: ScheduleOptions
  @OptionGroup(title: "Training") var length: RunOptions
  @OptionGroup(title: "Training") var validation: ValidationOptions
  @OptionGroup(title: "Finding a learning rate") var finder: FinderOptions
  @OptionGroup(title: "What is shown and kept") var extras: TrainingExtras
  @OptionGroup(title: "What is shown and kept") var cache: CacheOption
  @OptionGroup(title: "What is shown and kept") var threads: ThreadsOption
  @OptionGroup(title: "What is shown and kept") var output: OutputOptions

  private var groups: [any SettingsGroup] {
    [
      start, cutting, reading, vocabulary, shape, softmax, regularization, optimization, numbers, schedule, length,
      validation,
    ]
  }

  /// The options by name, over what is decided already: by the run that goes on, or by the model whose weights are taken.
  func settings(over decided: [String: String] = [:]) -> Settings {
    var settings = Settings(groups, over: Settings.defaults.merging(decided) { $1 })
    if decided["embedding-size"] == nil { settings.tieSizes() }
    settings.takeTextAsItStands()
    return settings
  }

  /// The names of all of them.
  var optionNames: Set<String> { Set(groups.flatMap(\.given.keys)) }

  func validate() throws {
    if corpus.isEmpty, !start.resume {
      throw ValidationError("Missing expected argument '<corpus> ...'")
    }
    try InputText.checkStandardInputIsReadOnce(corpus, length.validation)
    if finder.findLearningRate, start.resume {
      throw ValidationError("--find-learning-rate, --resume: a run that goes on has its rate. Leave one out.")
    }
    if start.initFrom != nil, settings().text("initial-weights") != "standard" {
      throw ValidationError("--initial-weights, --init-from: both tell what training starts from. Leave one out.")
    }
    // What an older model decides is known only when its folder is read.
    if !start.resume, start.initFrom == nil { try settings().checkTraining() }
  }
}
