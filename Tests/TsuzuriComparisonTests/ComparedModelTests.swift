import Testing
import TsuzuriModel

@testable import TsuzuriComparison

/// Sizes that are solved for.
struct ComparedModelTests {
  let shape = ModelConfiguration(vocabularySize: 65, embeddingSize: 24, hiddenSize: 40, layers: 2)

  private func count(_ cell: CellKind, hiddenSize: Int) -> Int {
    var configuration = shape
    (configuration.cell, configuration.hiddenSize) = (cell, hiddenSize)
    return ParameterLayout(configuration).parameterCount
  }

  /// 65 · 24 for the embedding; 160 · (24 + 40 + 2) and 160 · (40 + 40 + 2) for the layers; 65 · 41 for the output.
  @Test func theFirstCellSetsTheBudget() throws {
    let models = try ComparedModel.models(of: [.lstm], shape: shape)
    #expect(models.map(\.parameters) == [27_905])
    #expect(models.map(\.configuration) == [shape])
  }

  @Test(arguments: [5_000, 27_905, 27_904, 100_001])
  func eachHiddenSizeIsTheLargestThatFits(budget: Int) throws {
    let models = try ComparedModel.models(of: CellKind.allCases, shape: shape, parameters: budget)
    #expect(models.map(\.cell) == CellKind.allCases)
    for model in models {
      let size = model.configuration.hiddenSize
      #expect(model.parameters == count(model.cell, hiddenSize: size))
      #expect(model.parameters <= budget && count(model.cell, hiddenSize: size + 1) > budget, "\(model)")
    }
  }

  @Test func aBudgetThatNoModelHasIsRefused() {
    let error = #expect(throws: ComparisonError.self) {
      try ComparedModel.models(of: [.lstm], shape: shape, parameters: 1000)
    }
    #expect(
      error?.description == "1000 parameters are too few: the smallest model of the cell 'lstm' has 1814. "
        + "Allow more with --parameters.")
  }

  /// The adding problem has no use for an embedding, and tells two numbers from one.
  @Test func whatATaskDoesNotUseIsNotCounted() throws {
    let model = try MemoryTask.adding(steps: 9).models(of: [.lstm], shape: shape)[0]
    #expect(model.configuration.vocabularySize == 1 && model.configuration.embeddingSize == 2)
    #expect(model.parameters == ParameterLayout(model.configuration).parameterCount - 2)
  }
}

/// Figures over several seeds.
struct SpreadTests {
  @Test func theDeviationIsThatOfASample() throws {
    let measures = try #require(MeanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9]))
    #expect(measures.mean == 5)
    #expect(abs(try #require(measures.deviation) - (32.0 / 7).squareRoot()) < 1e-15)
    #expect(MeanAndDeviation([3])?.deviation == nil && MeanAndDeviation([3])?.mean == 3)
    #expect(MeanAndDeviation([]) == nil)
  }

  @Test func aMeanCurveGoesAsFarAsAllDo() {
    func point(_ n: Int, _ loss: Double) -> LearningCurve.Point {
      .init(step: n, tokens: n * 10, seconds: Double(n) / 2, loss: loss)
    }
    let mean = LearningCurve.mean(of: [
      LearningCurve([point(2, 3), point(4, 1)]), LearningCurve([point(4, 5), point(8, 2), point(10, 1)]),
    ])
    #expect(mean.points == [point(3, 4), point(6, 1.5)])
    #expect(LearningCurve.mean(of: []).points.isEmpty)
  }

  @Test func measurementsLieAtEqualDistancesAndOneAtTheEnd() {
    var plan = MeasurementPlan(count: 4)
    #expect((1...10).filter { plan.isDue(at: Double($0) / 10) } == [3, 5, 8, 10])
    var late = MeasurementPlan(count: 4)
    #expect([0.6, 0.7, 1.0, 1.0].map { late.isDue(at: $0) } == [true, false, true, false])
  }
}
