import ArgumentParser
import Tsuzuri

/// `tsuzuri ngram train`: counts, and smooths what it counted.
struct NGramTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Estimate an n-gram model with interpolated modified Kneser-Ney smoothing.")

  @Argument(help: ArgumentHelp("Files, folders (every .txt and .txt.gz in them) or '-'.", valueName: "corpus"))
  var corpus: [String]

  @OptionGroup var folder: ModelFolderOption

  @Flag(help: "Replace the model that stands in the folder.")
  var overwrite = false

  @OptionGroup(title: "Text") var cutting: CuttingOptions
  @OptionGroup(title: "Text") var reading: ReadingOptions
  @OptionGroup(title: "Vocabulary") var vocabulary: VocabularyOptionsGroup
  @OptionGroup(title: "Model") var shape: NGramOptions
  @OptionGroup(title: "What is shown and kept") var cache: CacheOption
  @OptionGroup(title: "What is shown and kept") var threads: ThreadsOption
  @OptionGroup(title: "What is shown and kept") var output: OutputOptions

  private var settings: Settings {
    var settings = Settings(cutting, reading, vocabulary, shape)
    settings.takeTextAsItStands()
    return settings
  }

  func validate() throws {
    try InputText.checkStandardInputIsReadOnce(corpus, shape.validation)
    let settings = settings
    let level = try settings.tokenizerConfiguration().level
    try settings.checkVocabularyOptions()
    if settings.optionalText("vocabulary") == nil { _ = try settings.vocabularyOptions(for: level) }
    try settings.checkValidation()
    _ = try settings.ngramOrder()
    _ = try settings.choice("document", of: DocumentUnit.self)
  }

  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    let target = ModelFolder(folder.model)
    if !overwrite, target.holdsModel { throw CommandError.folderHoldsModel(folder.model, canGoOn: false) }
    try target.checkCanBeCreated()
    let settings = settings
    let tokenized = try settings.tokenized(
      corpus, cacheFolder: cache.folder, threads: threads.count(), screen)
    let clock = ContinuousClock()
    let start = clock.now
    let model = try NGramTextModel(
      trainedOn: tokenized, order: try settings.ngramOrder(), document: try settings.choice("document"),
      record: TrainingRecord(
        corpus: corpus, validation: settings.text("validation"), options: try recorded(settings)))
    let seconds = (clock.now - start).seconds
    screen.show { _ in "estimated; validating" }
    var finished = model
    finished.description.training?.validationLoss = try model.validationLoss(on: tokenized)
    try target.write(finished)
    screen.clear()
    try NGramSummary(finished.description, seconds: seconds, model: folder.model).print(json: output.json)
  }

  /// The options that `config.json` tells of: those of this command.
  private func recorded(_ settings: Settings) throws -> [String: String] {
    let names = [cutting.given, reading.given, vocabulary.given, shape.given].flatMap(\.keys)
    return settings.values.filter { names.contains($0.key) }
  }
}
