internal import TsuzuriModel

/// Where the values of one gate of an exported operator come from.
///
/// A gate is H rows of `weight_ih` and `weight_hh`, and H values of each bias.
enum GateSource: Hashable {
  /// The model's own gate of that name.
  case gate(String)
  /// The same with the opposite sign: σ(−x) = 1 − σ(x), so a gate's complement is the gate of the negated sum.
  case complement(of: String)
  /// A gate that is always open, as a cell without it computes: no weights, and a bias of 40, where σ is 1 in single
  /// precision (1 − σ(40) is 4·10⁻¹⁸, and half the distance between 1 and the next smaller number is 3·10⁻⁸).
  case open
}

/// The tensors of one recurrent layer, with the gates put into another order.
struct GateBlocks {
  /// The model.
  let model: LanguageModel
  /// The layer, from 0.
  let layer: Int

  /// A tensor's name in this layer: `weight_ih` is `rnn.weight_ih_l0`.
  func name(_ tensor: String) -> String { ParameterName.recurrent("rnn", tensor, layer) }

  /// The rows of a tensor, gate by gate, as `order` asks for.
  ///
  /// - Shape: as many blocks as `order` has elements; each is a G-th of the tensor.
  func stacked(_ tensor: String, _ order: [GateSource]) -> [Float] {
    let values = model.values(of: name(tensor))
    let gates = model.configuration.cell.gateOrder
    let size = values.count / gates.count
    func block(_ gate: String) -> ArraySlice<Float> {
      guard let index = gates.firstIndex(of: gate) else {
        preconditionFailure("the cell \(model.configuration.cell.rawValue) has no gate \(gate)")
      }
      return values[index * size..<(index + 1) * size]
    }
    return order.flatMap { source -> [Float] in
      switch source {
      case .gate(let gate): Array(block(gate))
      case .complement(let gate): block(gate).map { -$0 }
      // One of the two biases has all of it.
      case .open: [Float](repeating: tensor == "bias_ih" ? 40 : 0, count: size)
      }
    }
  }

  /// The width of a row of a matrix.
  func columns(_ tensor: String) -> Int { model.layout[name(tensor)].shape[1] }
}
