import ArgumentParser
import Foundation
import Tsuzuri
import TsuzuriComparison

extension Train {
  /// Looks for a learning rate; nothing is kept but the picture, where one is asked for.
  func findLearningRate(_ screen: Screen) throws {
    let picture = self.finder.svg.map { OutputFile(path: $0, kind: "picture", option: "--svg") }
    try picture?.check()
    let plan = try plan()
    let corpus = try tokenizedCorpus(plan, screen)
    let model = try plan.settings.modelConfiguration(for: corpus.vocabulary)
    let configuration = try plan.settings.trainingConfiguration()
    let finder = try LearningRateFinder(
      text: TrainingText(corpus), model: model, configuration: configuration,
      initialModel: try initialModel(plan, corpus, model, screen), options: finder.options(), threads: threads.count())
    StopSignals.watch()
    let curve = try finder.run { rate, loss, share in
      screen.show { _ in
        "trying rates: \(Int(share * 100)) %  rate \(Self.text(rate))  loss \(Figures.decimals(loss, 3))"
      }
    } shouldStop: {
      StopSignals.pending != nil
    }
    screen.clear()
    guard let curve else { throw ExitCode(128 + (StopSignals.pending ?? SIGINT)) }
    let out = StandardOutput()
    if output.json {
      try out.print(json(curve).text)
    } else {
      let columns = Terminal.isTerminal(STDOUT_FILENO) ? min(80, Terminal.width(of: STDOUT_FILENO)) : 80
      for line in LearningRatePlot(curve: curve, columns: columns).lines { try out.print(line) }
      try out.print("")
      for line in summary(curve) { try out.print(line) }
    }
    try out.flush()
    // What cannot be drawn now was at least told.
    try picture?.write(curve.svg())
  }

  private func summary(_ curve: LearningRateCurve) -> [String] {
    let last = curve.points.last.map { Self.text($0.learningRate) } ?? "the first rate"
    var rows = [("steps", "\(Figures.count(curve.points.count))")]
    if let lowest = curve.lowest {
      rows.append(
        ("lowest loss", "\(Figures.decimals(lowest.smoothedLoss, 3)) at a rate of \(Self.text(lowest.learningRate))"))
    }
    rows.append(("the end", curve.hasExploded ? "the loss exploded after \(last)" : "the largest rate, \(last)"))
    rows.append(
      (
        "suggestion",
        curve.suggestion.map { "--learning-rate \(Self.text($0)), a tenth of the rate with the lowest loss" }
          ?? "none: the loss never fell. Try lower rates, or more steps."
      ))
    if let path = finder.svg { rows.append(("picture", path)) }
    return Table.lines(rows)
  }

  private func json(_ curve: LearningRateCurve) -> JSON {
    .object([
      ("learning_rate", .optional(curve.suggestion)), ("lowest_loss", .optional(curve.lowest?.smoothedLoss)),
      ("lowest_loss_learning_rate", .optional(curve.lowest?.learningRate)),
      ("exploded", .encoded("\(curve.hasExploded)")),
      ("learning_rates", .array(curve.points.map { .number($0.learningRate) })),
      ("losses", .array(curve.points.map { .number($0.loss) })),
      ("smoothed_losses", .array(curve.points.map { .number($0.smoothedLoss) })),
    ])
  }

  /// Two digits: a curve says no more.
  private static func text(_ rate: Double) -> String { String(format: "%.2g", rate) }
}
