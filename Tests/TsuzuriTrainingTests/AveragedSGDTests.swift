import Testing
import _TestSupport

@testable import TsuzuriTraining

/// A case of `averaging.json`: descent, and PyTorch's mean of its weights from those after `start` steps on, in float64.
struct AveragingReference: Decodable {
  var learningRate, weightDecay: Double
  var start: Int
  var parameters, averages: [[Double]]
}

struct AveragedSGDTests {
  /// `torch.optim.SGD` and `torch.optim.swa_utils.AveragedModel`, for the plain loop and every set of kernels.
  @Test(arguments: OptimizerTests.kernelSets.indices)
  func anAverageFromATriggerOnAgreesWithPyTorch(_ kernels: Int) throws {
    let references = try ReferenceValues.cases(AveragingReference.self, named: "averaging", in: .module)
    #expect(references.map(\.start) == [3, 1, 6])
    for reference in references {
      let optimizer = AveragedSGD(
        parameterCount: 10, options: .init(nonMonotoneInterval: 5, weightDecay: reference.weightDecay),
        kernels: OptimizerTests.kernelSets[kernels])
      var parameters = OptimizerFormula.parameters(10)
      var averages: [[Double]] = []
      for (s, expected) in reference.parameters.enumerated() {
        optimizer.step(
          &parameters, OptimizerFormula.gradients(10, step: s),
          learningRate: reference.learningRate * (1 - 0.1 * Double(s)))
        if s + 1 == reference.start { parameters.withUnsafeBufferPointer { optimizer.startAveraging(from: $0) } }
        #expect(zip(parameters, expected).allSatisfy { abs(Double($0) - $1) <= OptimizerTests.tolerance })
        if let average = optimizer.averagedParameters { averages.append(average.map(Double.init)) }
      }
      #expect(averages.count == 7 - reference.start && averages.count == reference.averages.count)
      for (found, expected) in zip(averages.joined(), reference.averages.joined()) {
        #expect(abs(found - expected) <= OptimizerTests.tolerance)
      }
    }
  }

  /// Algorithm 1 of Merity, Keskar & Socher, by hand: from T on, the mean of the weights after T, T + 1, … steps.
  @Test(arguments: OptimizerTests.kernelSets.indices)
  func theAverageIsTheMeanOfTheWeightsSinceTheTrigger(_ kernels: Int) throws {
    let optimizer = AveragedSGD(
      parameterCount: 65, options: .init(nonMonotoneInterval: 2, weightDecay: 0.01),
      kernels: OptimizerTests.kernelSets[kernels])
    var parameters = OptimizerFormula.parameters(65)
    var visited: [[Float]] = []
    for s in 0..<9 {
      optimizer.step(&parameters, OptimizerFormula.gradients(65, step: s), learningRate: 0.3)
      if s == 3 { parameters.withUnsafeBufferPointer { optimizer.startAveraging(from: $0) } }
      if s >= 3 { visited.append(parameters) }
      if s < 3 {
        #expect(optimizer.averagedParameters == nil)
        continue
      }
      let average = try #require(optimizer.averagedParameters)
      for i in 0..<65 {
        let mean = visited.reduce(0.0) { $0 + Double($1[i]) } / Double(visited.count)
        #expect(abs(Double(average[i]) - mean) <= 3e-7, "step \(s)")
      }
    }
    #expect(optimizer.averagingStart == 4)
  }

  /// Before the trigger, the weights are those of plain descent, and so they are after it.
  @Test func averagingDoesNotMoveTheWeights() {
    let averaged = AveragedSGD(parameterCount: 10, options: .init(nonMonotoneInterval: 5, weightDecay: 0.1))
    let plain = SGD(parameterCount: 10, options: .init(weightDecay: 0.1))
    var first = OptimizerFormula.parameters(10)
    var second = first
    for s in 0..<6 {
      if s == 2 { first.withUnsafeBufferPointer { averaged.startAveraging(from: $0) } }
      averaged.step(&first, OptimizerFormula.gradients(10, step: s), learningRate: 0.2)
      plain.step(&second, OptimizerFormula.gradients(10, step: s), learningRate: 0.2)
      #expect(first == second)
    }
  }

  /// Restored in the middle of averaging, it goes on in the same bits.
  @Test func aRestoredAverageGoesOn() throws {
    let options = AveragedSGD.Options(nonMonotoneInterval: 1)
    let original = AveragedSGD(parameterCount: 65, options: options)
    var parameters = OptimizerFormula.parameters(65)
    for s in 0..<5 {
      original.step(&parameters, OptimizerFormula.gradients(65, step: s), learningRate: 0.1)
      if s == 1 { parameters.withUnsafeBufferPointer { original.startAveraging(from: $0) } }
    }
    let resumed = AveragedSGD(parameterCount: 65, options: options)
    let stored = Dictionary(uniqueKeysWithValues: original.stateBuffers.map { ($0.name, Array($0.values)) })
    try resumed.restore(stepCount: original.stepCount, stored: stored)
    #expect(resumed.averagedParameters == nil)
    resumed.setAveragingStart(original.averagingStart)
    var again = parameters
    for s in 5..<8 {
      original.step(&parameters, OptimizerFormula.gradients(65, step: s), learningRate: 0.1)
      resumed.step(&again, OptimizerFormula.gradients(65, step: s), learningRate: 0.1)
    }
    let (found, expected) = (try #require(resumed.averagedParameters), try #require(original.averagedParameters))
    #expect(Array(found) == Array(expected))
    #expect(Array(found) != again)
  }
}

struct NonMonotoneTriggerTests {
  /// The sixth number is the first that is worse than the least of those more than two before it.
  @Test func itIsSetOffByTheFirstLossThatIsWorseThanTheBestOfLongAgo() {
    var trigger = NonMonotoneTrigger(interval: 2)
    let losses = [5, 3, 4, 3.5, 2.9, 3.1, 2]
    #expect(losses.map { trigger.observe(validationLoss: $0) } == [false, false, false, false, false, true, false])
    // 3.1 > min(5, 3, 4), the losses before it but for the last two.
    #expect(trigger.isSetOff && trigger.losses.isEmpty)
  }

  /// PyTorch code of the paper: `len(losses) > n and loss > min(losses[:-n])`.
  @Test(arguments: [
    (0, [4, 3, 3.5], [false, false, true]), (1, [4, 3, 3.5, 3.2, 3.1], [false, false, false, true, false]),
    (3, [4, 5, 6, 7, 4.1], [false, false, false, false, true]),
    (5, [1, 2, 3, 4, 5], [false, false, false, false, false]),
  ])
  func itWaitsForSoManyValidations(_ interval: Int, _ losses: [Double], _ expected: [Bool]) {
    var trigger = NonMonotoneTrigger(interval: interval)
    #expect(losses.map { trigger.observe(validationLoss: $0) } == expected)
  }

  @Test func aLossThatIsNoNumberNeitherSetsItOffNorHidesOthers() {
    var trigger = NonMonotoneTrigger(interval: 1)
    let losses = [3, .nan, .nan, 3.5]
    #expect(losses.map { trigger.observe(validationLoss: $0) } == [false, false, false, true])
  }
}
