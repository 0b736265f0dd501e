import Testing
import TsuzuriData
import TsuzuriModel

@testable import TsuzuriTraining

struct RandomWindowsTests {
  @Test func lengthsAreAsPublished() {
    let lengths = RandomWindows.lengths(of: 700_000, around: 70, epoch: 3, seed: 9)
    #expect(lengths.reduce(0, +) == 700_000)
    #expect(lengths.dropLast().allSatisfy { (5...85).contains($0) })
    // Between the two means lie three deviations and more: what is shorter is of the smaller one.
    let (long, short) = (lengths.filter { $0 > 52 }.map(Double.init), lengths.filter { $0 <= 52 }.map(Double.init))
    let (share, count) = (Double(short.count) / Double(lengths.count), Double(lengths.count))
    let deviation = (0.05 * 0.95 / count).squareRoot()
    #expect(abs(share - 0.05) < 3 * deviation)
    func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.map { ($0 - mean) * ($0 - mean) }
      return (mean, (squares.reduce(0, +) / Double(values.count)).squareRoot())
    }
    #expect(abs(moments(long).mean - 70) < 0.2 && abs(moments(long).deviation - 5) < 0.2)
    #expect(abs(moments(short).mean - 35) < 1)
    #expect(RandomWindows.lengths(of: 700_000, around: 70, epoch: 3, seed: 9) == lengths)
    #expect(RandomWindows.lengths(of: 700_000, around: 70, epoch: 4, seed: 9) != lengths)
    #expect(RandomWindows.lengths(of: 700_000, around: 70, epoch: 3, seed: 10) != lengths)
  }

  @Test(arguments: [1, 2, 5, 7], [1, 4, 63, 64, 1000])
  func shortWindowsCoverAnyLane(length: Int, count: Int) {
    let lengths = RandomWindows.lengths(of: count, around: length, epoch: 0, seed: 1)
    #expect(lengths.reduce(0, +) == count)
    #expect(lengths.dropLast().allSatisfy { $0 >= min(5, length) && $0 <= length + 15 })
  }

  @Test func windowsGoOnWhereTheOneBeforeEnded() throws {
    let tokens = TokenArray((0..<Int32(61)).map { $0 })
    var batcher = try LaneBatcher(tokens: tokens, lanes: 3, window: 6)
    batcher.cut(into: [4, 9, 1, 6])
    #expect(batcher.stepCount == 4)
    var read: [[Int32]] = [[], [], []]
    for step in 0..<4 {
      let time = batcher.rowCount(ofStep: step)
      var (inputs, targets) = ([Int32](repeating: 0, count: 3 * time), [Int32](repeating: 0, count: 3 * time))
      #expect(try batcher.readWindow(step: step, lanes: 0..<3, inputs: &inputs, targets: &targets) == time)
      #expect(batcher.start(ofStep: step) == read[0].count)
      for t in 0..<time {
        for lane in 0..<3 {
          read[lane].append(inputs[t * 3 + lane])
          #expect(targets[t * 3 + lane] == inputs[t * 3 + lane] + 1)
        }
      }
    }
    for lane in 0..<3 { #expect(read[lane] == (0..<20).map { Int32(lane * 20 + $0) }) }
  }

  /// Two epochs, so that the second one's windows are others; the rate of each step is in proportion to its window.
  @Test func aRunReadsEveryWindowAndScalesItsRate() throws {
    let tokens = TokenArray((0..<Int32(401)).map { $0 * $0 % 13 })
    var steps: [(tokens: Int, rate: Double)] = []
    let trainer = try Trainer(
      text: TrainingText(tokens: tokens),
      model: ModelConfiguration(vocabularySize: 13, embeddingSize: 4, hiddenSize: 5, layers: 1),
      configuration: TrainingConfiguration(
        batchSize: 2, sequenceLength: 20, learningRate: 0.01, schedule: .constant, epochs: 2, reportInterval: 1,
        hasRandomWindows: true))
    var seen = 0
    let result = try trainer.run { event in
      if case .stepped(let report) = event {
        steps.append((report.tokens - seen, report.learningRate))
        seen = report.tokens
      }
    }
    #expect(result.tokens == 800)
    #expect(Set(steps.map(\.tokens)).count > 3)
    for step in steps { #expect(abs(step.rate - 0.01 * Double(step.tokens) / 40) < 1e-12) }
    let first = RandomWindows.lengths(of: 200, around: 20, epoch: 0, seed: 1)
    let second = RandomWindows.lengths(of: 200, around: 20, epoch: 1, seed: 1)
    #expect(steps.map { $0.tokens / 2 } == first + second)
  }
}
