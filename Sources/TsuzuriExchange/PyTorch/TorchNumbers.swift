internal import TsuzuriArchive

extension SafetensorsFile {
  /// A tensor's values in single precision, from any of the floating-point types.
  ///
  /// F16 and BF16 are exact in single precision; F64 is rounded to the nearest.
  ///
  /// - Throws: ``ExchangeError/typeMismatch(path:name:found:)``, ``ExchangeError/notFinite(path:name:)``.
  func roundedFloats(of tensor: TensorDescription) throws -> [Float] {
    let bytes = try bytes(of: tensor.name)
    let width = tensor.type.byteCount
    let values: [Float] = try withExtendedLifetime(self) {
      switch tensor.type {
      case .float32:
        (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: $0 * width, as: Float.self) }
      case .float64:
        (0..<tensor.count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * width, as: Double.self)) }
      case .float16:
        (0..<tensor.count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * width, as: Float16.self)) }
      case .bfloat16:
        (0..<tensor.count).map {
          Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: $0 * width, as: UInt16.self)) << 16)
        }
      default:
        throw ExchangeError.typeMismatch(path: path, name: tensor.name, found: tensor.type.rawValue)
      }
    }
    guard values.allSatisfy(\.isFinite) else { throw ExchangeError.notFinite(path: path, name: tensor.name) }
    return values
  }
}
