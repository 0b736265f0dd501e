public import TsuzuriModel

/// A model that takes part in a comparison: a cell, as large as the number of parameters allows that all have.
public struct ComparedModel: Sendable, Hashable {
  /// The model's shape.
  public let configuration: ModelConfiguration
  /// The number of parameters that take part.
  public let parameters: Int

  /// The cell.
  public var cell: CellKind { configuration.cell }

  /// The models of some cells with equal budgets: of each the one with the largest hidden size whose parameters do not
  /// exceed the budget.
  ///
  /// A layer's parameters grow with H², but with one gate in an Elman network and four in an LSTM: at equal hidden sizes
  /// the comparison would be one of sizes. The budget is that of the first cell at the hidden size of `shape`, unless a
  /// number is given.
  ///
  /// - Parameters:
  ///   - cells: which cells, in the order in which they are shown.
  ///   - shape: everything but the cell, and the hidden size where no budget is given.
  ///   - budget: how many parameters a model may have.
  ///   - unused: tensors that do not take part in the task and are not counted.
  /// - Throws: ``ComparisonError/budgetTooSmall(parameters:cell:smallest:)``, and what makes a shape impossible.
  public static func models(
    of cells: [CellKind], shape: ModelConfiguration, parameters budget: Int? = nil, unused: Set<String> = []
  ) throws -> [ComparedModel] {
    guard let first = cells.first else { return [] }
    let budget = budget ?? model(first, shape, hiddenSize: shape.hiddenSize, unused).parameters
    return try cells.map { try largest($0, shape, budget: budget, unused) }
  }

  private static func model(
    _ cell: CellKind, _ shape: ModelConfiguration, hiddenSize: Int, _ unused: Set<String>
  ) -> ComparedModel {
    var configuration = shape
    configuration.cell = cell
    configuration.hiddenSize = hiddenSize
    let counted = ParameterLayout(configuration).slices.filter { !unused.contains($0.name) }
    return ComparedModel(configuration: configuration, parameters: counted.reduce(0) { $0 + $1.count })
  }

  /// Every cell's count grows with H, so halving finds the largest.
  private static func largest(
    _ cell: CellKind, _ shape: ModelConfiguration, budget: Int, _ unused: Set<String>
  ) throws -> ComparedModel {
    func candidate(_ hiddenSize: Int) -> ComparedModel { model(cell, shape, hiddenSize: hiddenSize, unused) }
    guard candidate(1).parameters <= budget else {
      throw ComparisonError.budgetTooSmall(parameters: budget, cell: cell, smallest: candidate(1).parameters)
    }
    var (fits, exceeds) = (1, 2)
    while candidate(exceeds).parameters <= budget { (fits, exceeds) = (exceeds, exceeds * 2) }
    while exceeds - fits > 1 {
      let middle = (fits + exceeds) / 2
      if candidate(middle).parameters <= budget { fits = middle } else { exceeds = middle }
    }
    let found = candidate(fits)
    try found.configuration.validate()
    return found
  }
}
