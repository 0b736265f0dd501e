import Testing
import TsuzuriKernels
import TsuzuriModel

@testable import TsuzuriComparison

struct MemoryComparisonTests {
  let shape = ModelConfiguration(vocabularySize: 10, embeddingSize: 6, hiddenSize: 12, layers: 3)

  private func comparison(
    _ tasks: [MemoryTask], _ cells: [CellKind], steps: Int, threads: Int = 1, seeds: Int = 1
  ) -> MemoryComparison {
    MemoryComparison(
      tasks: tasks, cells: cells, shape: shape,
      options: MemoryOptions(
        batchSize: 7, learningRate: 0.01, maximumSteps: steps, seeds: seeds, measurements: 4, threads: threads))
  }

  @Test func everyCellHasARunForEachTaskAndSeed() throws {
    let tasks = [MemoryTask.adding(steps: 6), .copy(delay: 2)]
    var names: Set<String?> = []
    let result = try comparison(tasks, CellKind.allCases, steps: 8, seeds: 2).run(clock: SteppingClock()) {
      names.insert($0.task)
    }
    #expect(names == ["adding 6", "copy 2"])
    #expect(result.tasks.map(\.task) == tasks)
    for task in result.tasks {
      #expect(task.entries.map(\.model.cell) == CellKind.allCases)
      #expect(task.entries.allSatisfy { $0.model.configuration.layers == 1 })
      for run in task.entries.flatMap(\.runs) {
        #expect(run.steps == 8 && run.curve.points.map(\.step) == [2, 4, 6, 8])
        #expect(run.curve.points.last?.tokens == 8 * 7 * task.task.steps)
        #expect(run.flow?.fresh.count == (task.task == tasks[0] ? 6 : nil))
      }
      #expect(task.entries.allSatisfy { $0.runs.map(\.seed) == [1, 2] && $0.runs[0].curve != $0.runs[1].curve })
    }
    #expect(result.flows.map(\.cell) == CellKind.allCases)
  }

  @Test func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads() throws {
    let tasks = [MemoryTask.adding(steps: 6), .copy(delay: 2)]
    let first = try comparison(tasks, [.lstm], steps: 8).run(clock: SteppingClock())
    #expect(try comparison(tasks, [.lstm], steps: 8).run(clock: SteppingClock()) == first)
    #expect(try comparison(tasks, [.lstm], steps: 8, threads: 3).run(clock: SteppingClock()) == first)
  }

  /// So short that a small model learns it in a moment; without memory no model gets below the baseline.
  @Test func aShortTaskIsSolved() throws {
    let result = try comparison([.adding(steps: 3)], [.lstm], steps: 600).run()
    let task = result.tasks[0]
    #expect(task.entries[0].solvedRuns(task.task) == 1, "\(String(describing: task.entries[0].loss))")
    #expect(task.entries[0].stepsToSolve(task.task).allSatisfy { $0 < 600 })
  }

  @Test func aSeedThatIsNotAmongTheFinitesEndsTheRun() throws {
    var comparison = comparison([.copy(delay: 2)], [.lstm], steps: 50)
    comparison.options.learningRate = 1e38
    let run = try comparison.run().tasks[0].entries[0].runs[0]
    #expect(run.isDiverged && run.loss == nil && run.steps < 50)
  }
}

/// What comes back through time.
struct GradientFlowTests {
  /// A model of one layer over nine steps of three lanes, with weights and inputs that depend on nothing else.
  private final class Sample {
    let layout: ParameterLayout
    let weights: PreparedWeights
    let parameters: FloatBuffer
    let gradient: FloatBuffer
    let pass: DensePass
    let inputs: [Float]
    let targets = FloatBuffer(count: 3)
    let losses = FloatBuffer(count: 3)

    init(_ cell: CellKind) {
      let configuration = ModelConfiguration(
        cell: cell, vocabularySize: 1, embeddingSize: 2, hiddenSize: 5, layers: 1)
      layout = ParameterLayout(configuration)
      weights = PreparedWeights(configuration, layout: layout, for: .training)
      parameters = FloatBuffer(count: layout.bufferCount)
      gradient = FloatBuffer(count: layout.bufferCount)
      pass = DensePass(weights, maximumTime: 9, lanes: 3, findsStartGradients: true)
      var generator = CounterBasedGenerator(seed: 5)
      for i in 0..<parameters.count { parameters.pointer[i] = Float(generator.nextUniform() - 0.5) }
      inputs = (0..<9 * 3 * 2).map { _ in Float(generator.nextUniform() * 2 - 1) }
      for lane in 0..<3 { targets.pointer[lane] = 0.3 * Float(lane) - 0.2 }
    }

    /// Runs some of the steps.
    func forward(_ steps: Range<Int>) {
      weights.prepareAll(from: parameters.pointer, using: .best)
      for (i, value) in inputs[steps.lowerBound * 6..<steps.upperBound * 6].enumerated() {
        pass.inputs.pointer[i] = value
      }
      pass.forward(time: steps.count, parameters: parameters.pointer)
    }

    func backward(scale: Float) {
      pass.lossesAndGradient(
        targets: targets.pointer, scale: scale, parameters: parameters.pointer, losses: losses.pointer,
        gradient: gradient.pointer)
    }

    /// The loss of all steps, with one parameter moved.
    func loss(moving parameter: Int, by distance: Float) -> Double {
      parameters.pointer[parameter] += distance
      pass.resetState()
      forward(0..<9)
      parameters.pointer[parameter] -= distance
      pass.losses(targets: targets.pointer, into: losses.pointer)
      return losses.all.reduce(0) { $0 + Double($1) }
    }
  }

  @Test(arguments: CellKind.allCases)
  func theGradientOfADensePassIsThatOfItsLoss(cell: CellKind) {
    let sample = Sample(cell)
    sample.forward(0..<9)
    sample.backward(scale: 1)
    for slice in sample.layout.slices where slice.name != ParameterName.embedding {
      for i in [0, slice.count / 2, slice.count - 1].map({ slice.offset + $0 }) {
        let step: Float = 1.0 / 64
        let difference =
          (sample.loss(moving: i, by: step) - sample.loss(moving: i, by: -step)) / Double(2 * step)
        #expect(abs(Double(sample.gradient.pointer[i]) - difference) < 1e-3 + 1e-2 * abs(difference), "\(slice.name)")
      }
    }
  }

  /// One thing found in two ways: what came back to step T − k of one pass, and the gradient of the state that a pass over
  /// the last k steps starts from.
  @Test(arguments: CellKind.allCases.filter { $0 != .feedForward }, [1, 3, 6])
  func whatComesBackIsTheGradientOfTheState(cell: CellKind, k: Int) {
    let whole = Sample(cell)
    whole.forward(0..<9)
    whole.backward(scale: 0.7)
    let part = Sample(cell)
    part.forward(0..<9 - k)
    part.pass.carryState()
    part.forward(9 - k..<9)
    part.backward(scale: 0.7)
    let start = part.pass.startGradients[0].all
    // A rectifier may shut every way back of a lane, but not of all.
    #expect(start.contains { abs($0) > 1e-9 })
    for (lane, norm) in whole.pass.gradientNorms(stepsBack: k).enumerated() {
      let row = start[lane * start.count / 3..<(lane + 1) * start.count / 3]
      let expected = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - expected) <= 1e-4 * expected, "\(cell), k = \(k)")
    }
  }

  /// The output of its step is read by no later one.
  @Test func nothingComesBackToANetworkWithoutRecurrence() {
    let sample = Sample(.feedForward)
    sample.forward(0..<9)
    sample.backward(scale: 0.7)
    #expect(sample.pass.gradientNorms(stepsBack: 0).allSatisfy { $0 > 1e-6 })
    for k in 1..<9 { #expect(sample.pass.gradientNorms(stepsBack: k) == [0, 0, 0], "k = \(k)") }
  }

  @Test func theMeanOfFlowsIsGeometric() throws {
    let mean = try #require(
      GradientFlow.mean(of: [
        GradientFlow(fresh: [1, 1e-2, 0], trained: [1, 4, 2]), GradientFlow(fresh: [1, 1e-6, 3], trained: [1, 1, 8]),
      ]))
    #expect(zip(mean.fresh, [1, 1e-4, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(zip(mean.trained, [1, 2, 4]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(GradientFlow.mean(of: []) == nil)
  }
}
