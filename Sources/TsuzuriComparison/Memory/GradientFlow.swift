internal import Foundation

/// How much of a loss's gradient reaches the steps before it: ‖∂loss_t/∂h_{t−k}‖ / ‖∂loss_t/∂h_t‖ over k.
///
/// In an Elman network each step back multiplies with W_hhᵀ and the slope of the squashing, so the norm falls, or grows,
/// like a power of k; in an LSTM it also goes along the cell, whose slope is the forget gate.
///
/// Source: Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013.
public struct GradientFlow: Sendable, Hashable {
  /// Before the first step, at k = 0, 1 …
  public var fresh: [Double]
  /// After the last.
  public var trained: [Double]

  /// The geometric means, since the values of different runs lie powers of ten apart; nil where there is no flow. A value
  /// that is zero in one run, because it fell below what Float can hold, is zero in the mean.
  static func mean(of flows: [GradientFlow]) -> GradientFlow? {
    guard let first = flows.first else { return nil }
    func mean(_ values: (GradientFlow) -> [Double]) -> [Double] {
      values(first).indices.map { k in
        geometricMean(flows.map { values($0)[k] })
      }
    }
    return GradientFlow(fresh: mean(\.fresh), trained: mean(\.trained))
  }
}

/// The n-th root of a product of n values, none of which is below zero.
private func geometricMean(_ values: [Double]) -> Double {
  exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
}
