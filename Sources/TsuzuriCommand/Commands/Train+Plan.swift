import ArgumentParser
import Tsuzuri

/// What a run is, when the options and the models they name have been looked at.
struct TrainingPlan {
  /// The corpus as it is named.
  var corpus: [String]
  /// The options.
  var settings: Settings
  /// The model whose weights it starts from, if any.
  var source: TextModel?

  /// The command that goes on with the run in `folder`. What came on standard input is to be given again.
  func commandToGoOn(in folder: String) -> String {
    let isCorpusGiven = corpus.contains("-")
    let isValidationGiven = settings.text("validation") == "-"
    var words = ["tsuzuri", "train"] + (isCorpusGiven ? corpus : []) + ["--resume"]
    words += (isValidationGiven ? ["--validation", "-"] : []) + ["--model", folder]
    return words.map(ShellWord.quoted).joined(separator: " ") + (isCorpusGiven || isValidationGiven ? " < TEXT" : "")
  }
}

extension Train {
  /// What is to be done, after a look at the models that have a say in it.
  func plan() throws -> TrainingPlan {
    let target = ModelFolder(folder.model)
    if !start.resume, !start.overwrite, !finder.findLearningRate, target.holdsModel {
      throw CommandError.folderHoldsModel(folder.model, canGoOn: true)
    }
    // A run that goes on has its folder; whether it can be written to is for its lock to say.
    if !finder.findLearningRate, !start.resume || !target.holdsModel { try target.checkCanBeCreated() }
    var plan = TrainingPlan(corpus: corpus, settings: settings(), source: nil)
    if start.resume, target.holdsModel {
      // What a folder tells of a run that has no checkpoint yet is an older run's.
      let description = try Trainer.isBegun(in: target) ? nil : begunDescription(target)
      if description?.quantization != nil {
        throw CommandError.quantizedModel(purpose: .resuming, folder: folder.model)
      }
      let record = description?.training
      plan.settings = settings(over: record?.options ?? [:])
      if plan.corpus.isEmpty { plan.corpus = record?.corpus ?? [] }
      let lacksValidation = plan.settings.text("validation") == "-" && !plan.settings.given.contains("validation")
      if corpus.isEmpty && plan.corpus.contains("-") || lacksValidation {
        throw ValidationError(
          "--resume: the run in \(folder.model) was given \(lacksValidation ? "its validation text" : "its text") on "
            + "standard input. Give the text again: \(plan.commandToGoOn(in: folder.model))")
      }
      let isStored = try Trainer.hasStoredRun(in: target)
      if let record, isStored {
        try checkUnchanged(plan.settings, record.options)
      } else if let initFrom = start.initFrom {
        // A run that was killed before it could tell its sizes has those of that model.
        try take(initFrom, for: &plan, over: record?.options ?? [:])
      }
    } else if let initFrom = start.initFrom {
      try take(initFrom, for: &plan)
    }
    guard !plan.corpus.isEmpty else {
      if !target.exists {
        throw ValidationError(
          "--resume: there is no folder \(folder.model). Name the run's folder with --model, or a corpus to begin with."
        )
      }
      throw ValidationError("--resume: \(folder.model) holds no run that names its corpus. Give one.")
    }
    try plan.settings.checkTraining()
    return plan
  }

  /// Starts from the weights of the model in that folder, with its sizes.
  private func take(_ folder: String, for plan: inout TrainingPlan, over begun: [String: String] = [:]) throws {
    let source = try ModelFolder(folder).load()
    if source.model.isQuantized { throw CommandError.quantizedModel(purpose: .start, folder: folder) }
    plan.source = source
    try checkSizes(settings(), source, folder)
    plan.settings = settings(over: Settings.values(startingFrom: source).merging(begun) { $1 })
  }

  /// What the folder says of its run; nil where a run was killed before it could say anything.
  private func begunDescription(_ target: ModelFolder) throws -> ModelDescription? {
    do {
      return try target.readDescription()
    } catch ModelFolderError.noModel {
      return nil
    }
  }

  /// Refuses sizes that are not those of the model whose weights are taken.
  private func checkSizes(_ settings: Settings, _ source: TextModel, _ name: String) throws {
    let values = Settings.values(startingFrom: source)
    for option in [
      "cell", "context", "embedding-size", "hidden-size", "layers", "residual", "tie-embeddings", "projection-size",
      "layer-norm", "bidirectional", "learn-initial-state",
    ]
    where settings.given.contains(option) {
      guard let value = values[option], !Settings.isSame(value, settings.text(option)) else { continue }
      throw ValidationError(
        "--\(option) \(settings.text(option)): the model in \(name), whose weights are taken, has \(value). "
          + "Leave the option out.")
    }
  }

  /// Refuses options that would make the run another one.
  private func checkUnchanged(_ settings: Settings, _ begun: [String: String]) throws {
    for name in settings.given.sorted() where Settings.decidesResult(name) {
      let before = begun[name] ?? Settings.defaults[name]
      if let before, Settings.isSame(before, settings.text(name)) { continue }
      throw CommandError.changedOption(
        option: name, given: settings.text(name), begun: before, folder: folder.model)
    }
  }
}
