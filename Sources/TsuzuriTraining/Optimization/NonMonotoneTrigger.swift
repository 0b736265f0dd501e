/// When averaging begins: as soon as a validation is worse than the best of those that lie more than n validations back.
///
///     begin  ⇔  t > n  and  loss > min(losses[0], …, losses[t − n − 1]),   t = the validations before this one
///
/// A validation loss that only trembles does not set it off, nor does one that still falls now and then.
///
/// Source: Merity, Keskar & Socher 2018, "Regularizing and optimizing LSTM language models", algorithm 1.
public struct NonMonotoneTrigger: Codable, Sendable, Hashable {
  /// n.
  public let interval: Int
  /// The losses so far, in the order of the validations; none are kept once it has been set off.
  public private(set) var losses: [Double] = []
  /// Whether it has been set off.
  public private(set) var isSetOff = false

  /// A trigger that has seen no validation yet.
  public init(interval: Int) { self.interval = interval }

  /// Takes note of a validation; true where it is this one that sets averaging off.
  ///
  /// - Complexity: O(validations).
  public mutating func observe(validationLoss: Double) -> Bool {
    if isSetOff { return false }
    let older = losses.dropLast(interval).min()
    // NaN would hide the least of the others; a model that gives it is no sign of a standstill either.
    losses.append(validationLoss.isNaN ? .infinity : validationLoss)
    guard let older, validationLoss > older else { return false }
    isSetOff = true
    losses = []
    return true
  }
}
