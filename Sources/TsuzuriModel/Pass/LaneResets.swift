internal import CKernels
internal import TsuzuriKernels

/// Where lanes of a window begin anew: before which steps their state is zero, and no error goes back from there.
///
/// The state that a step left stays where it is, since the layer above and that step's own way back read it; a step whose lanes
/// begin anew reads a copy with zeros in their rows (``mask(_:into:step:width:)``), forwards and backwards. On the way back,
/// what such a row would hand down is taken away (``keepingRows(of:step:width:_:)``).
///
/// - Shape: rows [B, width] of a step.
final class LaneResets {
  private let lanes: Int
  /// The lanes that begin anew, those of each step after those of the step before.
  private let numbers: IndexBuffer
  /// Where each step's begin among them [T + 1].
  private let starts: IndexBuffer
  /// Rows that are put back.
  private let saved: FloatBuffer

  /// - Parameter width: the widest row of a state.
  init(maximumTime: Int, lanes: Int, width: Int) {
    self.lanes = lanes
    numbers = IndexBuffer(count: maximumTime * lanes)
    starts = IndexBuffer(count: maximumTime + 1)
    saved = FloatBuffer(count: lanes * width)
  }

  /// Begins a window of `time` steps.
  ///
  /// - Parameter beginsAnew: says of each place [time, B] whether its lane does before it.
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
  private func lanes(at t: Int) -> UnsafeBufferPointer<Int32> {
    let (start, end) = (Int(starts.pointer[t]), Int(starts.pointer[t + 1]))
    return UnsafeBufferPointer(start: numbers.pointer + start, count: end - start)
  }

  /// Copies what the lanes carry into step `t`, with zeros for those that begin anew.
  func mask(_ rows: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, step t: Int, width: Int) {
    target.update(from: rows, count: lanes * width)
    clear(target, step: t, width: width)
  }

  /// Sets the rows of the lanes that begin anew to zero.
  func clear(_ rows: UnsafeMutablePointer<Float>, step t: Int, width: Int) {
    for lane in lanes(at: t) { (rows + Int(lane) * width).update(repeating: 0, count: width) }
  }

  /// Lets `body` add to rows, and puts back those of the lanes that begin anew.
  func keepingRows(of rows: UnsafeMutablePointer<Float>, step t: Int, width: Int, _ body: () -> Void) {
    let lanes = lanes(at: t)
    for (n, lane) in lanes.enumerated() {
      (saved.pointer + n * width).update(from: rows + Int(lane) * width, count: width)
    }
    body()
    for (n, lane) in lanes.enumerated() {
      (rows + Int(lane) * width).update(from: saved.pointer + n * width, count: width)
    }
  }
}

extension LaneResets? {
  /// The same where there may be none: then `body` adds to all rows.
  func keepingRows(of rows: UnsafeMutablePointer<Float>, step t: Int, width: Int, _ body: () -> Void) {
    guard let self else { return body() }
    self.keepingRows(of: rows, step: t, width: width, body)
  }
}

/// What the steps of a window read of one component of the state: the component itself, or, where lanes may begin anew, a
/// copy of it with their zeros.
///
/// - Shape: [T, B, width].
final class StateBefore {
  private let component: FloatBuffer
  private let copy: FloatBuffer?
  private let resets: LaneResets?
  private let lanes: Int
  private let width: Int

  /// - Parameter component: [T + 1, B, width], whose first step is the state that the window starts from.
  init(_ component: FloatBuffer, width: Int, _ place: LayerPlace) {
    self.component = component
    self.width = width
    lanes = place.lanes
    resets = place.resets
    copy = place.resets == nil ? nil : FloatBuffer(count: place.maximumTime * place.lanes * width)
  }

  /// Makes step `t` ready; the steps before it must have been run.
  func prepare(_ t: Int) {
    guard let copy, let resets else { return }
    let offset = t * lanes * width
    resets.mask(component.pointer + offset, into: copy.pointer + offset, step: t, width: width)
  }

  /// All steps.
  var pointer: UnsafePointer<Float> { UnsafePointer((copy ?? component).pointer) }

  /// One step [B, width].
  func step(_ t: Int) -> UnsafePointer<Float> { pointer + t * lanes * width }
}
