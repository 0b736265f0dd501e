public import TsuzuriModel

/// Why a comparison cannot be made.
public enum ComparisonError: Error, Hashable, CustomStringConvertible {
  /// Not even the smallest model of a cell has so few parameters.
  case budgetTooSmall(parameters: Int, cell: CellKind, smallest: Int)
  /// There is no text to measure on.
  case noValidation

  /// The message.
  public var description: String {
    switch self {
    case .budgetTooSmall(let parameters, let cell, let smallest):
      "\(parameters) parameters are too few: the smallest model of the cell '\(cell.rawValue)' has \(smallest). "
        + "Allow more with --parameters."
    case .noValidation:
      "there is no validation text to compare the models on. Set some aside with --validation."
    }
  }
}
