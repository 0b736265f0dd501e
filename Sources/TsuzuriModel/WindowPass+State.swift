internal import TsuzuriKernels

extension WindowPass {
  /// Makes the state after the last window the one that the next window starts from: values only, no gradient.
  package func carryState(time: Int) {
    let step = lanes * configuration.hiddenSize
    for layer in layers {
      for component in layer.stateComponents {
        component.pointer.update(from: component.pointer + time * step, count: step)
      }
    }
  }

  /// Sets the state that the next window starts from to zero.
  package func resetState() {
    let step = lanes * configuration.hiddenSize
    for layer in layers {
      for component in layer.stateComponents { component.pointer.update(repeating: 0, count: step) }
    }
  }

  /// Copies the state that the next window starts from into the lanes of `state` from `firstLane` on.
  package func exportState(to state: inout RecurrentState, firstLane: Int) {
    let step = lanes * configuration.hiddenSize
    state.values.withUnsafeMutableBufferPointer { values in
      for (k, layer) in layers.enumerated() {
        for (n, component) in layer.stateComponents.enumerated() {
          let start = ((k * state.components + n) * state.lanes + firstLane) * state.hiddenSize
          values.baseAddress!.advanced(by: start).update(from: component.pointer, count: step)
        }
      }
    }
  }

  /// Takes the lanes of `state` from `firstLane` on as the state that the next window starts from.
  package func importState(from state: RecurrentState, firstLane: Int) {
    let step = lanes * configuration.hiddenSize
    state.values.withUnsafeBufferPointer { values in
      for (k, layer) in layers.enumerated() {
        for (n, component) in layer.stateComponents.enumerated() {
          let start = ((k * state.components + n) * state.lanes + firstLane) * state.hiddenSize
          component.pointer.update(from: values.baseAddress!.advanced(by: start), count: step)
        }
      }
    }
  }
}
