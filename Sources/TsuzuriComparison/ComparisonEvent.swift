public import TsuzuriModel

/// What a comparison tells while it goes on.
public struct ComparisonEvent: Sendable, Hashable {
  /// The cell whose turn it is.
  public var cell: CellKind
  /// What it learns, where there are several tasks.
  public var task: String?
  /// The seed of the run.
  public var seed: UInt64
  /// Runs that have ended.
  public var finishedRuns: Int
  /// All runs.
  public var runs: Int
  /// How much of this run lies behind, from 0 to 1.
  public var progress: Double
  /// The last loss that was measured.
  public var loss: Double?
}
