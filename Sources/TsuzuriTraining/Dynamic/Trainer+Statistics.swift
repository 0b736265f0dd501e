internal import TsuzuriKernels
internal import TsuzuriModel
internal import TsuzuriModelFolder
internal import TsuzuriText

extension Trainer {
  /// Has the statistics of the gradients written that dynamic evaluation needs, for the weights that are kept: at the
  /// training's end, from windows of the training text, and from no more of them than the run had steps.
  ///
  /// - Returns: false where it was given up.
  func writeGradientStatistics(shouldStop: () -> Bool) throws -> Bool {
    guard let saving, let destination, !model.isBidirectional else { return true }
    let window = DynamicScorer.Options.window(for: destination.tokenizer.level)
    let made = try GradientStatistics(
      model, parameters: best ?? step.measuredSnapshot(), on: text.tokens, range: text.trainingRange,
      lanes: GradientStatistics.lanes, window: window,
      windows: min(GradientStatistics.tokens / (GradientStatistics.lanes * window), max(1, progress.step)),
      shares: configuration.shares, threads: threads
    ) { _ in !shouldStop() }
    guard let made else { return false }
    let path = destination.folder.gradientStatisticsPath
    saving.add {
      try made.write(to: path, followingLinks: false)
      return nil
    }
    return true
  }
}
