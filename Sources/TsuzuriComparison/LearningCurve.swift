/// How a model does while it learns.
public struct LearningCurve: Sendable, Hashable {
  /// One measurement.
  public struct Point: Sendable, Hashable {
    /// Steps taken before it.
    public var step: Int
    /// Tokens, or steps of sequences, learnt from.
    public var tokens: Int
    /// Seconds of training; measuring is not counted.
    public var seconds: Double
    /// The loss on what the model does not learn from.
    public var loss: Double

    /// Names a measurement.
    public init(step: Int, tokens: Int, seconds: Double, loss: Double) {
      self.step = step
      self.tokens = tokens
      self.seconds = seconds
      self.loss = loss
    }
  }

  /// The measurements, in the order in which they were made.
  public var points: [Point]

  /// A curve of these points.
  public init(_ points: [Point] = []) { self.points = points }

  /// The lowest loss, where anything was measured.
  public var lowestLoss: Double? { points.map(\.loss).min() }

  /// The curve whose points are the means of the curves' points, as far as all of them go.
  public static func mean(of curves: [LearningCurve]) -> LearningCurve {
    let count = curves.map(\.points.count).min() ?? 0
    return LearningCurve(
      (0..<count).map { index in
        let points = curves.map { $0.points[index] }
        func mean(_ value: (Point) -> Double) -> Double { points.map(value).reduce(0, +) / Double(points.count) }
        return Point(
          step: Int(mean { Double($0.step) }.rounded()), tokens: Int(mean { Double($0.tokens) }.rounded()),
          seconds: mean(\.seconds), loss: mean(\.loss))
      })
  }
}
