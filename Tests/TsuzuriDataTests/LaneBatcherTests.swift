import Testing
import TsuzuriData

@Suite struct LaneBatcherTests {
  // Not inlined: where a caller reads one of the two arrays only, Swift 6.3.1 frees the other before it is filled.
  @inline(never)
  private func window(_ batcher: LaneBatcher, step: Int, lanes: Range<Int>) throws -> (
    inputs: [Int32], targets: [Int32]
  ) {
    let size = batcher.windowLength * lanes.count
    var (inputs, targets) = ([Int32](repeating: -7, count: size), [Int32](repeating: -7, count: size))
    let rows = try inputs.withUnsafeMutableBufferPointer { inputs in
      try targets.withUnsafeMutableBufferPointer { targets in
        try batcher.readWindow(
          step: step, lanes: lanes, inputs: inputs.baseAddress!, targets: targets.baseAddress!)
      }
    }
    return (Array(inputs.prefix(rows * lanes.count)), Array(targets.prefix(rows * lanes.count)))
  }

  /// The example in the documentation of `LaneBatcher`, with 10 for a, 11 for b, …
  @Test func lanesGoOnWhereTheyStoppedAndTheNextBeginsWhereOneEnded() throws {
    let batcher = try LaneBatcher(tokens: TokenArray((10..<20).map(Int32.init)), lanes: 2, window: 3)
    #expect(batcher.laneLength == 4)
    #expect(batcher.stepCount == 2)
    #expect(batcher.predictedTokenCount == 8)
    let first = try window(batcher, step: 0, lanes: 0..<2)
    #expect(first.inputs == [10, 14, 11, 15, 12, 16])
    #expect(first.targets == [11, 15, 12, 16, 13, 17])
    let last = try window(batcher, step: 1, lanes: 0..<2)
    #expect(last.inputs == [13, 17])
    #expect(last.targets == [14, 18])
  }

  @Test func aShareOfTheLanesIsTheSameColumns() throws {
    let tokens = TokenArray((0..<1000).map(Int32.init))
    let batcher = try LaneBatcher(tokens: tokens, range: 100..<900, lanes: 7, window: 10)
    #expect(batcher.laneLength == 114)
    for step in 0..<batcher.stepCount {
      let rows = batcher.rowCount(ofStep: step)
      let all = try window(batcher, step: step, lanes: 0..<7)
      let some = try window(batcher, step: step, lanes: 2..<5)
      for t in 0..<rows {
        for lane in 2..<5 {
          #expect(some.inputs[t * 3 + lane - 2] == all.inputs[t * 7 + lane])
          #expect(all.inputs[t * 7 + lane] == Int32(100 + lane * 114 + step * 10 + t))
          #expect(all.targets[t * 7 + lane] == all.inputs[t * 7 + lane] + 1)
        }
      }
    }
  }

  @Test func everyTokenOfALaneIsPredictedOnce() throws {
    for (count, lanes, length) in [(101, 4, 6), (97, 3, 8), (64, 1, 63), (65, 64, 1), (50, 7, 7)] {
      let batcher = try LaneBatcher(tokens: TokenArray((0..<Int32(count)).map { $0 }), lanes: lanes, window: length)
      var targets: [Int32] = []
      for step in 0..<batcher.stepCount { targets += try window(batcher, step: step, lanes: 0..<lanes).targets }
      #expect(targets.sorted() == (1...Int32((count - 1) / lanes * lanes)).map { $0 })
    }
  }

  @Test func aCorpusShorterThanOneWindowOfEachLaneIsRefused() throws {
    #expect {
      try LaneBatcher(tokens: TokenArray([Int32](repeating: 1, count: 2048)), lanes: 32, window: 64)
    } throws: {
      "\($0)" == "the training text has 2048 tokens, but one window of 64 tokens in each of 32 lanes takes 2049. "
        + "Give more text, or a smaller batch size or sequence length."
    }
    #expect(
      try LaneBatcher(tokens: TokenArray([Int32](repeating: 1, count: 2049)), lanes: 32, window: 64).stepCount == 1)
    #expect(throws: LaneError.tooShort(tokens: 0, lanes: 1, window: 1)) {
      try LaneBatcher(tokens: TokenArray([]), lanes: 1, window: 1)
    }
  }
}
