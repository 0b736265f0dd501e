internal import TsuzuriKernels

extension SequenceEncoder {
  /// See ``TrainingPass/carryState(time:)``.
  func carryState(time: Int) { stack.carryState(time: time) }

  /// See ``TrainingPass/resetState()``.
  func resetState() { stack.resetState() }

  /// See ``TrainingPass/exportState(to:firstLane:)``.
  func exportState(to state: inout RecurrentState, firstLane: Int) {
    for (n, component) in stack.stateComponents.enumerated() {
      let start = state.offset(component: n, lane: firstLane)
      let count = lanes * state.widths[n]
      state.values.withUnsafeMutableBufferPointer { values in
        _ = UnsafeMutableBufferPointer(rebasing: values[start..<start + count])
          .update(fromContentsOf: UnsafeBufferPointer(start: component.pointer, count: count))
      }
    }
  }

  /// See ``TrainingPass/importState(from:firstLane:)``.
  func importState(from state: RecurrentState, firstLane: Int) {
    for (n, component) in stack.stateComponents.enumerated() {
      let start = state.offset(component: n, lane: firstLane)
      for i in 0..<lanes * state.widths[n] { component.pointer[i] = state.values[start + i] }
    }
  }
}
