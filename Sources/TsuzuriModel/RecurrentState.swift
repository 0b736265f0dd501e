/// What a recurrent model carries from one token to the next: for each layer its components (h and c for an LSTM), for
/// each lane H values.
///
/// The state is never optional: a model starts from zeros.
///
/// - Shape: `values` is [layers, components, lanes, H], row-major.
public struct RecurrentState: Sendable, Hashable, Codable {
  /// The number of layers.
  public let layers: Int
  /// The number of vectors a layer carries.
  public let components: Int
  /// The number of sequences that run side by side.
  public let lanes: Int
  /// H.
  public let hiddenSize: Int
  /// All values.
  public var values: [Float]

  /// The zero state of `lanes` sequences.
  public init(_ configuration: ModelConfiguration, lanes: Int) {
    layers = configuration.layers
    components = configuration.cell.stateComponents
    self.lanes = lanes
    hiddenSize = configuration.hiddenSize
    values = [Float](repeating: 0, count: layers * components * lanes * hiddenSize)
  }

  /// Whether the two have the same shape.
  package func hasShape(of other: RecurrentState) -> Bool {
    layers == other.layers && components == other.components && lanes == other.lanes && hiddenSize == other.hiddenSize
      && values.count == other.values.count
  }

  /// Where the values of one lane's component begin.
  package func offset(layer: Int, component: Int, lane: Int) -> Int {
    ((layer * components + component) * lanes + lane) * hiddenSize
  }
}
