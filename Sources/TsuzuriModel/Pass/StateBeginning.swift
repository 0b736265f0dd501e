internal import TsuzuriKernels

/// What a component of a layer's state is where a lane begins: zeros, or a vector that is learned
/// (``ModelConfiguration/learnsInitialState``).
///
/// The state that a step left stays where it is, since the layer above and that step's own way back read it. A step whose lanes
/// begin reads a copy with the beginning in their rows (``mask(_:into:step:)``), forwards and backwards. On the way back, what
/// such a row would hand down is taken from it: its sum over the lanes is the vector's gradient.
///
/// - Shape: rows [B, width] of a step; the vector [width].
final class StateBeginning {
  /// The tensors' names without stack and layer, by the component's number.
  static let roles = ["initial_h", "initial_c"]

  /// How many values a lane has.
  let width: Int
  private let lanes: Int
  private let resets: LaneResets?
  /// The vector's tensor; nil where a lane begins with zeros.
  private let slice: ParameterLayout.Slice?
  private let kernels: KernelSet
  private var vector: UnsafePointer<Float>?
  private let gradient: FloatBuffer
  /// Rows that are put back.
  private let saved: FloatBuffer

  /// - Parameters:
  ///   - slice: the vector's tensor; nil for zeros.
  ///   - trains: whether there will be backward passes.
  init(
    width: Int, lanes: Int, resets: LaneResets?, slice: ParameterLayout.Slice?, trains: Bool, kernels: KernelSet
  ) {
    self.width = width
    self.lanes = lanes
    self.resets = resets
    self.slice = slice
    self.kernels = kernels
    gradient = FloatBuffer(count: trains && slice != nil ? width : 0)
    saved = FloatBuffer(count: trains && resets != nil ? lanes * width : 0)
  }

  /// Begins a forward pass.
  func begin(_ parameters: UnsafePointer<Float>) { vector = slice.map { parameters + $0.offset } }

  /// Copies what the lanes carry into step `t`, with the beginning for those that begin there.
  func mask(_ rows: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, step t: Int) {
    target.update(from: rows, count: lanes * width)
    set(target, step: t)
  }

  /// Puts the beginning into the rows of the lanes that begin at step `t`.
  func set(_ rows: UnsafeMutablePointer<Float>, step t: Int) {
    guard let resets else { return }
    for lane in resets.lanes(at: t) {
      let row = rows + Int(lane) * width
      if let vector { row.update(from: vector, count: width) } else { row.update(repeating: 0, count: width) }
    }
  }

  /// Begins a backward pass.
  func beginBackward() { gradient.clear() }

  /// Takes the errors of the lanes that begin at step `t` out of their rows.
  func take(_ rows: UnsafeMutablePointer<Float>, step t: Int) {
    guard let resets else { return }
    for lane in resets.lanes(at: t) {
      let row = rows + Int(lane) * width
      if slice != nil { kernels.add(row, to: gradient.pointer, count: width) }
      row.update(repeating: 0, count: width)
    }
  }

  /// Lets `body` add to rows the errors of step `t`'s state, and takes those of the lanes that begin there.
  func takingRows(of rows: UnsafeMutablePointer<Float>, step t: Int, _ body: () -> Void) {
    guard let resets else { return body() }
    let lanes = resets.lanes(at: t)
    for (n, lane) in lanes.enumerated() {
      let row = rows + Int(lane) * width
      (saved.pointer + n * width).update(from: row, count: width)
      row.update(repeating: 0, count: width)
    }
    body()
    take(rows, step: t)
    for (n, lane) in lanes.enumerated() {
      (rows + Int(lane) * width).update(from: saved.pointer + n * width, count: width)
    }
  }

  /// Ends a backward pass.
  func writeGradient(into window: WindowGradient) {
    guard let slice else { return }
    window.of(slice).update(from: gradient.pointer, count: width)
  }
}

/// What the steps of a window read of one component of the state: the component itself, or, where lanes may begin inside a
/// window, a copy of it with their beginning.
///
/// - Shape: [T, B, width].
final class StateBefore {
  private let component: FloatBuffer
  private let copy: FloatBuffer?
  private let beginning: StateBeginning
  private let size: Int

  /// - Parameters:
  ///   - component: [T + 1, B, width], whose first step is the state that the window starts from.
  ///   - number: which component of the layer's state it is.
  init(_ component: FloatBuffer, number: Int, _ place: LayerPlace) {
    self.component = component
    beginning = place.beginnings[number]
    size = place.lanes * beginning.width
    copy = place.resets == nil ? nil : FloatBuffer(count: place.maximumTime * size)
  }

  /// Makes step `t` ready; the steps before it must have been run.
  func prepare(_ t: Int) {
    guard let copy else { return }
    beginning.mask(component.pointer + t * size, into: copy.pointer + t * size, step: t)
  }

  /// All steps.
  var pointer: UnsafePointer<Float> { UnsafePointer((copy ?? component).pointer) }

  /// One step [B, width].
  func step(_ t: Int) -> UnsafePointer<Float> { pointer + t * size }
}
