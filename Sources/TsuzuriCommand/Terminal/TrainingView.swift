import Tsuzuri

/// Training's face: a line that changes, and lines that stay for what happens seldom.
final class TrainingView {
  private static let validationInterval = Duration.seconds(5)
  private let screen: Screen
  private let epochs: Int
  private let measure: ModelMeasure
  /// Whether validations are told with their steps: where an epoch has several.
  var tellsSteps = false
  private var validationLoss: Double?
  private var lastValidation: ContinuousClock.Instant?
  private var lastReport: TrainingReport?

  /// The last step that was shown; 0 before the first.
  var step: Int { lastReport?.step ?? 0 }

  init(_ screen: Screen, epochs: Int, measure: ModelMeasure) {
    self.screen = screen
    self.epochs = epochs
    self.measure = measure
  }

  /// Shows one event.
  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let start):
      screen.tell(
        "\(Figures.count(start.parameters)) parameters; an epoch is \(Figures.count(start.tokensPerEpoch)) tokens in "
          + "\(Figures.count(start.stepsPerEpoch)) steps")
      if start.step > 0 { screen.tell("going on after step \(Figures.count(start.step))") }
    case .stepped(let report):
      lastReport = report
      screen.show { self.line(report, columns: $0) }
    case .validating(let progress):
      screen.show { columns in
        let share = "validating \(Int(progress * 100)) %"
        return self.lastReport.map { self.line($0, extra: share, columns: columns) } ?? share
      }
    case .validated(let report, let isBest): showValidation(report, isBest)
    case .checkpointSaved(let step): screen.detail("saved at step \(Figures.count(step))")
    case .notice(let text): screen.state(text)
    case .reported, .epochEnded: break
    }
  }

  private func showValidation(_ report: TrainingReport, _ isBest: Bool) {
    guard let loss = report.validationLoss else { return }
    validationLoss = loss
    // Where an epoch takes a moment, the changing line is enough.
    let now = ContinuousClock.now
    if let last = lastValidation, now - last < Self.validationInterval, report.progress < 1 { return }
    lastValidation = now
    guard screen.showsProgress else { return }
    let bits = report.validationBitsPerByte.map { ", \(Figures.decimals($0, 3)) bits a byte" } ?? ""
    screen.print(
      "epoch \(report.epoch)\(tellsSteps ? ", step \(Figures.count(report.step))" : ""): loss \(Figures.decimals(report.loss, 4)), validation \(Figures.decimals(loss, 4)) "
        + "(\(measure.perplexity) \(Figures.perplexity(ofLoss: loss))\(bits))\(isBest ? "" : ", not the best")")
  }

  /// The changing line: where there are few columns, what matters least is left out.
  private func line(_ report: TrainingReport, extra: String? = nil, columns: Int?) -> String {
    var parts: [(weight: Int, text: String)] = [
      (2, "epoch \(report.epoch)/\(Figures.count(epochs))"), (6, "step \(Figures.count(report.step))"),
      (0, "loss \(Figures.decimals(report.loss, 3))"),
    ]
    if let validationLoss { parts.append((3, "validation \(Figures.decimals(validationLoss, 3))")) }
    parts.append((4, "\(measure.perplexity) \(Figures.perplexity(ofLoss: validationLoss ?? report.loss))"))
    parts.append((5, "\(Figures.rate(report.tokensPerSecond)) tokens/s"))
    if let extra {
      parts.append((1, extra))
    } else if report.progress > 0 {
      parts.append((1, "\(Figures.duration(report.seconds * (1 / report.progress - 1))) left"))
    }
    func joined() -> String { parts.map(\.text).joined(separator: "  ") }
    while let columns, parts.count > 1, TextWidth.columns(of: joined()) > columns,
      let last = parts.indices.max(by: { parts[$0].weight < parts[$1].weight })
    {
      parts.remove(at: last)
    }
    return joined()
  }
}
