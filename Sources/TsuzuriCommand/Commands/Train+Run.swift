import ArgumentParser
import Tsuzuri

extension Train {
  func run() throws {
    let screen = Screen(output)
    defer { screen.clear() }
    if finder.findLearningRate { return try findLearningRate(screen) }
    let plan = try plan()
    let corpus = try tokenizedCorpus(plan, screen)
    let trainer = try trainer(plan, corpus, screen)
    let measure = ModelMeasure(isBidirectional: plan.settings.flag("bidirectional"))
    let view = TrainingView(screen, epochs: try plan.settings.trainingConfiguration().epochs, measure: measure)
    view.tellsSteps = Int(plan.settings.text("validate-every")) != nil
    StopSignals.watch()
    var sampledStep = -1
    let result = try trainer.run { event in
      view.show(event)
      if case .epochEnded = event {
        try showSample(of: trainer.currentModel, corpus.tokenizer, plan.settings, screen)
        sampledStep = view.step
      }
    } shouldStop: {
      StopSignals.pending != nil
    }
    // A run that a time limit ends within an epoch has one more to show.
    if !result.isInterrupted, view.step > 0, sampledStep != view.step {
      try showSample(of: trainer.bestModel, corpus.tokenizer, plan.settings, screen)
    }
    screen.clear()
    try printResult(result, measure)
    guard result.isInterrupted, let signal = StopSignals.pending else { return }
    let saved =
      result.savedStep == result.steps
      ? "everything is saved"
      : "the weights are not finite, and what is saved is the state after step \(Figures.count(result.savedStep ?? 0))"
    screen.warn(
      "stopped after step \(Figures.count(result.steps)); \(saved). "
        + "Go on with: \(plan.commandToGoOn(in: folder.model))")
    throw ExitCode(128 + signal)
  }

  func tokenizedCorpus(_ plan: TrainingPlan, _ screen: Screen) throws -> TokenizedCorpus {
    try plan.settings.tokenized(
      plan.corpus, cacheFolder: cache.folder, threads: threads.count(), screen)
  }

  private func trainer(_ plan: TrainingPlan, _ corpus: TokenizedCorpus, _ screen: Screen) throws -> Trainer {
    let model = try plan.settings.modelConfiguration(for: corpus.vocabulary)
    let record = TrainingRecord(
      corpus: plan.corpus, validation: plan.settings.text("validation"), options: recorded(plan.settings))
    let configuration = try plan.settings.trainingConfiguration()
    try MemoryNeed.checkTraining(model, configuration)
    return try Trainer(
      text: TrainingText(corpus), model: model, configuration: configuration,
      initialModel: try initialModel(plan, corpus, model, screen),
      destination: .init(folder: ModelFolder(folder.model), tokenizer: corpus.tokenizer, record: record),
      resumes: start.resume, threads: threads.count())
  }

  /// The weights of the model that training starts from, if any.
  func initialModel(
    _ plan: TrainingPlan, _ corpus: TokenizedCorpus, _ model: ModelConfiguration, _ screen: Screen
  ) throws -> LanguageModel? {
    try plan.source.map { source in
      if let warning = source.tokenizer.configuration.icuVersionWarning { screen.warn(warning) }
      let correspondence = corpus.vocabulary.correspondence(to: source.tokenizer.vocabulary)
      screen.tell(
        "\(Figures.count(correspondence.count { $0 != nil })) of \(Figures.count(correspondence.count)) tokens start "
          + "from \(start.initFrom ?? "")")
      return try source.model.transferred(to: model, correspondence: correspondence, seed: plan.settings.seed())
    }
  }

  /// The options that `config.json` tells of: those of this command that decide the result.
  private func recorded(_ settings: Settings) -> [String: String] {
    settings.values.filter { optionNames.contains($0.key) && Settings.decidesResult($0.key) }
  }

  private func showSample(
    of model: LanguageModel, _ tokenizer: Tokenizer, _ settings: Settings, _ screen: Screen
  ) throws {
    guard let prompt = extras.samplePrompt else { return }
    let options = GenerationOptions(maxTokens: 100, seed: try settings.seed())
    let samples = try TextGenerator(model: model, tokenizer: tokenizer, prompt: prompt, options: options).run()
    for sample in samples { screen.print(indented: prompt + sample.text) }
  }

  private func printResult(_ result: TrainingResult, _ measure: ModelMeasure) throws {
    let out = StandardOutput()
    if output.json {
      try out.print(TrainingSummary.json(result, model: folder.model).text)
    } else {
      for line in TrainingSummary.lines(result, model: folder.model, measure: measure) { try out.print(line) }
    }
    try out.flush()
  }
}
