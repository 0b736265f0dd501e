/// Which recurrent layer a model is built of.
public enum CellKind: String, Codable, Sendable, CaseIterable {
  /// Long short-term memory with forget gate (Gers, Schmidhuber & Cummins 2000).
  case lstm

  /// The layer: everything that is particular to a cell stands in its own type.
  var layer: any RecurrentLayer.Type {
    switch self {
    case .lstm: LSTMLayer.self
    }
  }

  /// The names of the blocks of H rows, in the order in which they stand in `weight_ih` and in the biases.
  public var gateOrder: [String] { layer.gateOrder }
}

extension ModelConfiguration {
  /// The layer that the cell and its options make.
  var layerType: any RecurrentLayer.Type { cell.layer }
}
