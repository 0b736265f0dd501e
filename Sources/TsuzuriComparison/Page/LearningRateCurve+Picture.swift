public import TsuzuriTraining

extension LearningRateCurve {
  /// The loss over the learning rate as an SVG picture that stands alone: thin the steps' losses, thick the smoothed ones,
  /// and a mark at the suggested rate.
  public func svg() -> String {
    let rates = points.map(\.learningRate)
    var chart = LineChart(
      title: "Loss over learning rate",
      x: Axis("learning rate", (rates.first ?? 1e-6)...(rates.last ?? 1), scale: .logarithmic),
      y: Axis("loss, nats a token", shownLosses),
      series: [
        LineChart.Series(
          name: "loss", color: 1,
          runs: [points.map { .init(x: $0.learningRate, y: $0.loss) }, []],
          mean: points.map { .init(x: $0.learningRate, y: $0.smoothedLoss) })
      ])
    if let suggestion, let first = rates.first, suggestion >= first {
      chart.uprights = [.init(x: suggestion, label: "suggested: " + Numbers.digits(suggestion, 2))]
    }
    return chart.standaloneSVG()
  }
}
