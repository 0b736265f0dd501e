public import TsuzuriModel

/// A task that takes memory, and no text.
public enum MemoryTask: Sendable, Hashable {
  /// The adding problem over so many steps.
  case adding(steps: Int)
  /// Ten symbols, to be said again after a delay.
  case copy(delay: Int)

  /// What it is called in tables.
  public var name: String {
    switch self {
    case .adding(let steps): "adding \(steps)"
    case .copy(let delay): "copy \(delay)"
    }
  }

  /// The steps of a sequence.
  public var steps: Int {
    switch self {
    case .adding(let steps): steps
    case .copy(let delay): CopyTask(delay: delay).steps
    }
  }

  /// The mean loss of a model that has understood the task but remembers nothing.
  public var baseline: Double {
    switch self {
    case .adding: AddingProblem.baseline
    case .copy(let delay): CopyTask(delay: delay).baseline
    }
  }

  /// The unit of the loss.
  public var unit: String {
    switch self {
    case .adding: "mean squared error"
    case .copy: "nats a step"
    }
  }

  /// `shape` with the inputs and outputs that the task has: symbols, or numbers in and one number out.
  func shape(_ shape: ModelConfiguration) -> ModelConfiguration {
    var shape = shape
    (shape.dropout, shape.tiesEmbeddings, shape.isBidirectional) = (0, false, false)
    switch self {
    case .adding: (shape.vocabularySize, shape.embeddingSize) = (1, AddingProblem.inputSize)
    case .copy: shape.vocabularySize = CopyTask.vocabularySize
    }
    return shape
  }

  /// Tensors that a model for the task has but does not use.
  var unused: Set<String> {
    switch self {
    case .adding: [ParameterName.embedding]
    case .copy: []
    }
  }

  /// The models of some cells with equal budgets for this task; see
  /// ``ComparedModel/models(of:shape:parameters:unused:)``.
  ///
  /// - Throws: ``ComparisonError/budgetTooSmall(parameters:cell:smallest:)``, and what makes a shape impossible.
  public func models(
    of cells: [CellKind], shape: ModelConfiguration, parameters budget: Int? = nil
  ) throws -> [ComparedModel] {
    try ComparedModel.models(of: cells, shape: self.shape(shape), parameters: budget, unused: unused)
  }
}
