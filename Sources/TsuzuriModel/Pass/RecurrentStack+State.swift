internal import TsuzuriKernels

extension RecurrentStack {
  /// All layers' components of the state, numbered through as in ``RecurrentState``.
  var stateComponents: [FloatBuffer] { layers.flatMap(\.stateComponents) }

  /// Makes the state after the last window the one that the next window starts from.
  func carryState(time: Int) {
    var n = 0
    for layer in layers {
      for component in layer.stateComponents {
        let last = component.pointer + layer.stateStep(after: time) * stateCounts[n]
        component.pointer.update(from: last, count: stateCounts[n])
        n += 1
      }
    }
  }

  /// Whether a lane has read nothing yet: its whole state is zero then. After a token it hardly ever is, and only with max(0, ·).
  func isFresh(lane: Int) -> Bool {
    var n = 0
    for layer in layers {
      for component in layer.stateComponents {
        let width = stateCounts[n] / lanes
        let row = UnsafeBufferPointer(start: component.pointer + lane * width, count: width)
        if row.contains(where: { $0 != 0 }) { return false }
        n += 1
      }
    }
    return true
  }

  /// Sets the state that the next window starts from to zero.
  func resetState() {
    var n = 0
    for layer in layers {
      for component in layer.stateComponents {
        component.pointer.update(repeating: 0, count: stateCounts[n])
        n += 1
      }
    }
  }
}
