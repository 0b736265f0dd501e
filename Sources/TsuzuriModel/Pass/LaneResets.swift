internal import TsuzuriKernels

/// Which lanes of a window begin anew, and before which steps.
///
/// What their state is then, and where the errors go that would go back from there, each component's ``StateBeginning`` knows.
final class LaneResets {
  /// The lanes that begin anew, those of each step after those of the step before.
  private let numbers: IndexBuffer
  /// Where each step's begin among them [T + 1].
  private let starts: IndexBuffer
  private let lanes: Int

  init(maximumTime: Int, lanes: Int) {
    self.lanes = lanes
    numbers = IndexBuffer(count: maximumTime * lanes)
    starts = IndexBuffer(count: maximumTime + 1)
  }

  /// Begins a window of `time` steps.
  ///
  /// - Parameter beginsAnew: says of each place [time, B] whether its lane does before it; asked once for each, in order.
  func set(time: Int, _ beginsAnew: (_ place: Int) -> Bool) {
    var count = 0
    for t in 0..<time {
      starts.pointer[t] = Int32(count)
      for lane in 0..<lanes where beginsAnew(t * lanes + lane) {
        numbers.pointer[count] = Int32(lane)
        count += 1
      }
    }
    starts.pointer[time] = Int32(count)
  }

  /// The lanes that begin anew before a step.
  func lanes(at t: Int) -> UnsafeBufferPointer<Int32> {
    let (start, end) = (Int(starts.pointer[t]), Int(starts.pointer[t + 1]))
    return UnsafeBufferPointer(start: numbers.pointer + start, count: end - start)
  }
}
