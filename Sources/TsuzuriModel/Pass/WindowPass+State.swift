internal import TsuzuriKernels

extension WindowPass {
  /// Makes the state after the last window the one that the next window starts from: values only, no gradient.
  package func carryState(time: Int) { stack.carryState(time: time) }

  /// Sets the state that the next window starts from to zero.
  package func resetState() { stack.resetState() }

  /// Copies the state that the next window starts from into the lanes of `state` from `firstLane` on.
  package func exportState(to state: inout RecurrentState, firstLane: Int) {
    for (n, component) in stack.stateComponents.enumerated() {
      let start = state.offset(component: n, lane: firstLane)
      let count = lanes * state.widths[n]
      state.values.withUnsafeMutableBufferPointer { values in
        _ = UnsafeMutableBufferPointer(rebasing: values[start..<start + count])
          .update(fromContentsOf: UnsafeBufferPointer(start: component.pointer, count: count))
      }
    }
  }

  /// Takes the lanes of `state` from `firstLane` on as the state that the next window starts from.
  package func importState(from state: RecurrentState, firstLane: Int) {
    for (n, component) in stack.stateComponents.enumerated() {
      let start = state.offset(component: n, lane: firstLane)
      for i in 0..<lanes * state.widths[n] { component.pointer[i] = state.values[start + i] }
    }
  }
}
