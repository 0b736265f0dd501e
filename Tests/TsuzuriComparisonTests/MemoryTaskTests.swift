import Foundation
import Testing
import TsuzuriKernels

@testable import TsuzuriComparison

/// What the tasks are, and what a model without memory has in them.
struct MemoryTaskTests {
  private func sequence(_ task: CopyTask, stream: UInt64) -> (inputs: [Int32], targets: [Int32]) {
    var generator = CounterBasedGenerator(seed: 7, stream: stream)
    var (inputs, targets) = ([Int32](repeating: -9, count: task.steps), [Int32](repeating: -9, count: task.steps))
    task.draw(inputs: &inputs, targets: &targets, stride: 1, using: &generator)
    return (inputs, targets)
  }

  @Test(arguments: [1, 10, 50, 200])
  func aCopyIsSymbolsThenBlanksThenAMarkThenBlanks(delay: Int) {
    let task = CopyTask(delay: delay)
    var seen: Set<Int32> = []
    for stream in UInt64(0)..<40 {
      let (inputs, targets) = sequence(task, stream: stream)
      #expect(inputs.count == delay + 20)
      #expect(inputs[..<10].allSatisfy { (0..<8).contains($0) })
      #expect(inputs[10..<delay + 9].allSatisfy { $0 == CopyTask.blank })
      #expect(inputs[delay + 9] == CopyTask.mark)
      #expect(inputs[(delay + 10)...].allSatisfy { $0 == CopyTask.blank })
      #expect(targets[..<(delay + 10)].allSatisfy { $0 == CopyTask.blank })
      #expect(Array(targets[(delay + 10)...]) == Array(inputs[..<10]))
      seen.formUnion(inputs[..<10])
    }
    #expect(seen == Set(0..<8))
    #expect(sequence(task, stream: 1).inputs != sequence(task, stream: 2).inputs)
    #expect(sequence(task, stream: 1) == sequence(task, stream: 1))
  }

  /// Blank with certainty, then each symbol with one eighth: the loss of that is the baseline, to the last digits.
  @Test(arguments: [10, 50, 100, 200])
  func aModelWithoutMemoryHasTheBaselineOfACopy(delay: Int) {
    let (_, targets) = sequence(CopyTask(delay: delay), stream: 3)
    let losses = targets.enumerated().map { t, target in
      if t < delay + 10 { return target == CopyTask.blank ? 0.0 : .infinity }
      return (0..<8).contains(target) ? log(8) : .infinity
    }
    let loss = losses.reduce(0, +) / Double(losses.count)
    #expect(abs(loss - MemoryTask.copy(delay: delay).baseline) < 1e-12)
    #expect(abs(loss - 10 * log(8) / Double(delay + 20)) < 1e-12)
  }

  @Test func lanesStandBesideEachOther() throws {
    let task = CopyTask(delay: 3)
    var (inputs, targets) = ([Int32](repeating: -9, count: 46), [Int32](repeating: -9, count: 46))
    var generator = CounterBasedGenerator(seed: 7, stream: 5)
    try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        let (first, second) = (try #require(inputs.baseAddress), try #require(targets.baseAddress))
        task.draw(inputs: first + 1, targets: second + 1, stride: 2, using: &generator)
      }
    }
    let alone = sequence(task, stream: 5)
    #expect(stride(from: 1, to: 46, by: 2).map { inputs[$0] } == alone.inputs)
    #expect(stride(from: 1, to: 46, by: 2).map { targets[$0] } == alone.targets)
    #expect(stride(from: 0, to: 46, by: 2).allSatisfy { inputs[$0] == -9 && targets[$0] == -9 })
  }

  /// Over 4,000 sequences the mean of (1 − sum)² has a standard error of 0.003, and the mean sum one of 0.0065.
  @Test(arguments: [2, 7, 100])
  func aModelThatAlwaysSaysOneHasTheBaselineOfTheAddingProblem(steps: Int) {
    let task = AddingProblem(steps: steps)
    var (squares, sums) = (0.0, 0.0)
    for stream in UInt64(0)..<4000 {
      var generator = CounterBasedGenerator(seed: 11, stream: stream)
      var inputs = [Float](repeating: -9, count: steps * 2)
      let sum = task.draw(inputs: &inputs, stride: 1, using: &generator)
      let marked = (0..<steps).filter { inputs[$0 * 2 + 1] == 1 }
      let isAPair = marked.count == 2 && marked[0] < steps / 2 && marked[1] >= steps / 2
      let isClean = (0..<steps).allSatisfy {
        inputs[$0 * 2 + 1] == (marked.contains($0) ? 1 : 0) && (0..<1).contains(inputs[$0 * 2])
      }
      #expect(isAPair && isClean && sum == marked.reduce(0) { $0 + inputs[$1 * 2] })
      squares += Double(sum - 1) * Double(sum - 1)
      sums += Double(sum)
    }
    #expect(abs(sums / 4000 - 1) < 0.03)
    #expect(abs(squares / 4000 - MemoryTask.adding(steps: steps).baseline) < 0.015)
    #expect(MemoryTask.adding(steps: steps).baseline == 1.0 / 6)
  }
}
