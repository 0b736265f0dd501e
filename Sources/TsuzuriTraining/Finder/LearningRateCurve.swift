/// The loss over the learning rate: what ``LearningRateFinder`` finds.
public struct LearningRateCurve: Sendable, Hashable {
  /// One step.
  public struct Point: Sendable, Hashable {
    /// The rate of the step.
    public var learningRate: Double
    /// The loss before its update, in nats a token.
    public var loss: Double
    /// The mean of the losses around it.
    public var smoothedLoss: Double
  }

  /// The steps, from the smallest rate to the largest that was tried.
  public let points: [Point]
  /// Whether the loss grew beyond bounds before the largest rate that there might have been.
  public let hasExploded: Bool
  /// h, the neighbours on each side that a smoothed loss may have.
  private let reach: Int

  /// Smooths the losses of steps whose rates grow by the same factor.
  ///
  ///     smoothed_s = Σ_k (h + 1 − |k|) · loss_{s+k} / Σ_k (h + 1 − |k|),   |k| ≤ h = a thirtieth of the planned steps
  ///
  /// The weights lie evenly on both sides, so that a smoothed loss stands at the rate that it belongs to: a running mean, as
  /// it is often used, lags behind. At the ends fewer neighbours count.
  ///
  /// - Parameter plannedSteps: The steps that there would have been without an explosion.
  init(_ steps: [(learningRate: Double, loss: Double)], plannedSteps: Int, hasExploded: Bool) {
    let reach = max(1, plannedSteps / 30)
    self.reach = reach
    points = steps.indices.map { s in
      var (sum, weights) = (0.0, 0.0)
      // As far on one side as on the other, or the mean would stand beside its place.
      let width = min(reach, s, steps.count - 1 - s)
      for k in -width...width {
        let weight = Double(width + 1 - abs(k))
        sum += weight * steps[s + k].loss
        weights += weight
      }
      return Point(learningRate: steps[s].learningRate, loss: steps[s].loss, smoothedLoss: sum / weights)
    }
    self.hasExploded = hasExploded
  }

  /// The point with the lowest smoothed loss; nil without any step.
  public var lowest: Point? { points.min { $0.smoothedLoss < $1.smoothedLoss } }

  /// The first point that has all its neighbours: what the loss is before any rate has done something.
  private var start: Point? { points.isEmpty ? nil : points[min(reach, points.count - 1)] }

  /// The rate to train with: a tenth of that with the lowest smoothed loss. nil where the loss never fell.
  ///
  /// At the lowest loss the rate is already on the way to be too large, and a run has to bear it for long; where the loss
  /// falls fastest it is often too small for an optimizer that has just begun.
  ///
  /// Source: the suggestion `minimum` of fastai's `lr_find`.
  public var suggestion: Double? {
    guard let start, let lowest, lowest.learningRate > start.learningRate else { return nil }
    return lowest.learningRate / 10
  }

  /// The losses that a picture shows: from the lowest to half as far above the first one as that lies below it.
  public var shownLosses: ClosedRange<Double> {
    guard let start, let lowest else { return 0...1 }
    let fall = max(start.smoothedLoss - lowest.smoothedLoss, 0.02)
    return lowest.smoothedLoss - 0.05 * fall...start.smoothedLoss + 0.5 * fall
  }
}
