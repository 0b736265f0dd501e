import TsuzuriArchive
import _TestSupport

@testable import TsuzuriExchange

/// A `state_dict` as somebody's PyTorch has saved it: named modules, drawn values.
struct TorchFile {
  /// The tensors in their order; each value is another.
  var tensors: [(name: String, shape: [Int])]
  /// The type of all of them.
  var type = TensorType.float32

  /// An LSTM, GRU or RNN with `gates` blocks of rows between an encoder and a decoder.
  init(
    gates: Int, tokens: Int = 11, embedding E: Int = 5, hidden H: Int = 7, layers: Int = 2, stack: String = "rnn.",
    encoder: String = "encoder.", decoder: String = "decoder."
  ) {
    tensors = [(encoder + "weight", [tokens, E])]
    for k in 0..<layers {
      tensors += [
        ("\(stack)weight_ih_l\(k)", [gates * H, k == 0 ? E : H]), ("\(stack)weight_hh_l\(k)", [gates * H, H]),
        ("\(stack)bias_ih_l\(k)", [gates * H]), ("\(stack)bias_hh_l\(k)", [gates * H]),
      ]
    }
    tensors += [(decoder + "weight", [tokens, H]), (decoder + "bias", [tokens])]
  }

  /// The values of a tensor: small, none zero, exact in half precision.
  func values(of name: String) -> [Float] {
    guard let index = tensors.firstIndex(where: { $0.name == name }) else { return [] }
    let count = tensors[index].shape.reduce(1, *)
    return (0..<count).map { Float(($0 * 37 + index * 11) % 127 - 63) / 64 + 1 / 256 }
  }

  /// Takes tensors away.
  func without(_ isGone: (String) -> Bool) -> TorchFile {
    var file = self
    file.tensors.removeAll { isGone($0.name) }
    return file
  }

  /// Adds a tensor, or replaces its shape.
  func with(_ name: String, _ shape: [Int]) -> TorchFile {
    var file = self
    if let index = tensors.firstIndex(where: { $0.name == name }) {
      file.tensors[index].shape = shape
    } else {
      file.tensors.append((name, shape))
    }
    return file
  }

  /// Writes the file; returns its path.
  @discardableResult
  func write(to folder: TestFolder, _ name: String = "torch.safetensors") throws -> String {
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    for tensor in tensors {
      let values = values(of: tensor.name)
      writer.add(tensor.name, type: type, shape: tensor.shape, bytes: values.flatMap(bytes))
    }
    try writer.write(to: folder[name])
    return folder[name]
  }

  private func bytes(_ value: Float) -> [UInt8] {
    switch type {
    case .float16: withUnsafeBytes(of: Float16(value), Array.init)
    case .bfloat16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16), Array.init)
    case .float64: withUnsafeBytes(of: Double(value), Array.init)
    case .float32: withUnsafeBytes(of: value, Array.init)
    default: [UInt8](repeating: 1, count: type.byteCount)
    }
  }
}
