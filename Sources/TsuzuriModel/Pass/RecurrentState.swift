/// What a recurrent model carries from one token to the next: for each layer its components (h and c for an LSTM), for
/// each lane as many values as the component is wide.
///
/// The state is never optional. All zeros are the state of a lane that has read nothing; a model that has learned what to begin
/// from (``ModelConfiguration/learnsInitialState``) takes that in their place.
///
/// - Shape: `values` holds [lanes, width] of each component of each layer, one after the other, row-major.
public struct RecurrentState: Sendable, Hashable, Codable {
  /// The width of each component of each layer: for an LSTM of two layers, [H, H, H, H].
  public let widths: [Int]
  /// The number of sequences that run side by side.
  public private(set) var lanes: Int
  /// All values.
  public var values: [Float]

  /// The zero state of `lanes` sequences.
  public init(_ configuration: ModelConfiguration, lanes: Int) {
    widths = (0..<configuration.layers).flatMap {
      configuration.layerType.stateWidths(LayerShape(configuration, index: $0))
    }
    self.lanes = lanes
    values = [Float](repeating: 0, count: lanes * widths.reduce(0, +))
  }

  /// Whether the two have the same shape.
  package func hasShape(of other: RecurrentState) -> Bool {
    widths == other.widths && lanes == other.lanes && values.count == other.values.count
  }

  /// The state of one lane alone.
  package func lane(_ lane: Int) -> RecurrentState { lanes([lane]) }

  /// The state of the only lane, for so many.
  package func repeated(lanes count: Int) -> RecurrentState {
    precondition(lanes == 1, "a state of \(lanes) lanes was to be repeated; expected one")
    return lanes([Int](repeating: 0, count: count))
  }

  /// Gives one lane the state of another state's only lane.
  package mutating func setLane(_ lane: Int, to other: RecurrentState) {
    precondition(
      other.lanes == 1 && other.widths == widths, "a lane was given a state of \(other.lanes) lanes or other widths")
    for component in widths.indices {
      let (start, source) = (offset(component: component, lane: lane), other.offset(component: component, lane: 0))
      values.replaceSubrange(start..<start + widths[component], with: other.values[source..<source + widths[component]])
    }
  }

  /// The states of some lanes, in the order given.
  package func lanes(_ numbers: [Int]) -> RecurrentState {
    var state = self
    state.lanes = numbers.count
    state.values.removeAll(keepingCapacity: true)
    for component in widths.indices {
      for lane in numbers {
        let start = offset(component: component, lane: lane)
        state.values += values[start..<start + widths[component]]
      }
    }
    return state
  }

  /// Where the values of one lane begin in a component; the components of all layers are numbered through.
  package func offset(component: Int, lane: Int) -> Int {
    widths[..<component].reduce(0, +) * lanes + lane * widths[component]
  }
}
