public import TsuzuriModel

/// What a comparison on memory tasks came to.
public struct MemoryComparisonResult: Sendable, Hashable {
  /// A loss of so small a part of the baseline counts as the task's solution.
  public static let solvedFraction = 0.1

  /// One model that learnt one task.
  public struct Run: Sendable, Hashable {
    /// The seed.
    public var seed: UInt64
    /// The loss on sequences that are not learnt from, over steps of sequences and seconds.
    public var curve: LearningCurve
    /// Steps of learning.
    public var steps: Int
    /// Seconds of learning.
    public var seconds: Double
    /// Steps of sequences learnt from in a second.
    public var tokensPerSecond: Double
    /// Whether the run ended because its loss was no longer a finite number.
    public var isDiverged: Bool
    /// How far back the gradient reaches; of the adding problem only.
    public var flow: GradientFlow?

    /// The loss at the end.
    public var loss: Double? { isDiverged ? nil : curve.points.last?.loss }
  }

  /// The models on one task.
  public struct Task: Sendable, Hashable {
    /// The task.
    public var task: MemoryTask
    /// The models, in the order in which the cells were named.
    public var entries: [Entry]
  }

  /// One model with its runs.
  public struct Entry: Sendable, Hashable {
    /// The model.
    public var model: ComparedModel
    /// A run for each seed.
    public var runs: [Run]

    /// The loss at the end over the seeds, those that diverged left out.
    public var loss: MeanAndDeviation? { MeanAndDeviation(runs.compactMap(\.loss)) }
    /// The speed over the seeds.
    public var tokensPerSecond: MeanAndDeviation? { MeanAndDeviation(runs.map(\.tokensPerSecond)) }

    /// How many runs solved the task: their loss fell below a tenth of the baseline and was below it at the end.
    public func solvedRuns(_ task: MemoryTask) -> Int {
      runs.count { ($0.loss ?? .infinity) < task.baseline * MemoryComparisonResult.solvedFraction }
    }
    /// After how many steps each run that solved the task was first measured below a tenth of the baseline.
    public func stepsToSolve(_ task: MemoryTask) -> [Int] {
      let bound = task.baseline * MemoryComparisonResult.solvedFraction
      return runs.filter { ($0.loss ?? .infinity) < bound }.compactMap { run in
        run.curve.points.first { $0.loss < bound }?.step
      }
    }
  }

  /// The tasks, in the order in which they were named.
  public var tasks: [Task]

  /// The mean gradient flow of each cell over the seeds whose runs have not diverged, where the adding problem was among the
  /// tasks.
  public var flows: [(cell: CellKind, flow: GradientFlow)] {
    tasks.flatMap(\.entries).compactMap { entry in
      GradientFlow.mean(of: entry.runs.filter { !$0.isDiverged }.compactMap(\.flow)).map { (entry.model.cell, $0) }
    }
  }
}
