extension WindowPass {
  /// Makes the state after the last window the one that the next window starts from: values only, no gradient.
  package func carryState(time: Int) { encoder.carryState(time: time) }

  /// Sets the state that the next window starts from to zero.
  package func resetState() { encoder.resetState() }

  /// Copies the state that the next window starts from into the lanes of `state` from `firstLane` on.
  package func exportState(to state: inout RecurrentState, firstLane: Int) {
    encoder.exportState(to: &state, firstLane: firstLane)
  }

  /// Takes the lanes of `state` from `firstLane` on as the state that the next window starts from.
  package func importState(from state: RecurrentState, firstLane: Int) {
    encoder.importState(from: state, firstLane: firstLane)
  }
}
