internal import TsuzuriModel

extension LineChart.Series {
  /// What one cell's runs came to.
  ///
  /// - Parameter x: where a point stands along the chart.
  init(cell: CellKind, color: Int, curves: [LearningCurve], x: (LearningCurve.Point) -> Double) {
    func line(_ curve: LearningCurve) -> [LineChart.Point] {
      curve.points.map { LineChart.Point(x: x($0), y: $0.loss) }
    }
    self.init(name: cell.rawValue, color: color, runs: curves.map(line), mean: line(LearningCurve.mean(of: curves)))
  }
}
