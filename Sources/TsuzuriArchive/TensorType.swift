/// The element types of the safetensors format; the raw value is the format's own name.
public enum TensorType: String, Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary64.
  case float64 = "F64"
  /// IEEE 754 binary32.
  case float32 = "F32"
  /// IEEE 754 binary16.
  case float16 = "F16"
  /// The upper half of a binary32.
  case bfloat16 = "BF16"
  /// Signed, 64 bits.
  case int64 = "I64"
  /// Signed, 32 bits.
  case int32 = "I32"
  /// Signed, 16 bits.
  case int16 = "I16"
  /// Signed, 8 bits.
  case int8 = "I8"
  /// Unsigned, 64 bits.
  case uint64 = "U64"
  /// Unsigned, 32 bits.
  case uint32 = "U32"
  /// Unsigned, 16 bits.
  case uint16 = "U16"
  /// Unsigned, 8 bits.
  case uint8 = "U8"
  /// A byte that is 0 or 1.
  case bool = "BOOL"

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// One tensor of a safetensors file: what the header says of it.
public struct TensorDescription: Sendable, Hashable {
  /// The name, for instance `rnn.weight_ih_l0`.
  public let name: String
  /// The type of an element.
  public let type: TensorType
  /// The sizes, slowest first (C order); empty for a single number.
  public let shape: [Int]
  /// Where the elements stand, in bytes from the end of the header.
  public let range: Range<Int>

  /// The number of elements.
  public var count: Int { range.count / type.byteCount }
}
