/// A safetensors file, mapped into memory.
///
/// The format: 8 bytes with the header's length N (little endian); N bytes of JSON, which maps each tensor's name to
/// `dtype`, `shape` and `data_offsets`, and `__metadata__` to a map of strings; then the tensors' bytes, little endian
/// and in C order. Nothing in it is executed, and everything in it is checked when the file is opened: it may come from
/// anywhere.
///
/// Source: github.com/huggingface/safetensors, README, "Format".
public final class SafetensorsFile: Sendable {
  /// The longest header that is read, the format's own limit.
  public static let headerLimit = 100_000_000

  /// Where the file was found.
  public let path: String
  /// The map of strings under `__metadata__`; empty where there is none.
  public let metadata: [String: String]
  /// What tensors there are, in the order of their bytes.
  public let tensors: [TensorDescription]
  private let indices: [String: Int]
  private let file: MappedFile
  private let dataStart: Int

  /// Opens and checks the file at `path`.
  /// - Throws: `ArchiveError.unreadable`, `ArchiveError.malformed`.
  /// - Complexity: O(header); the tensors' bytes are not touched.
  public init(path: String) throws {
    #if _endian(big)
      #error("safetensors files are little endian; on this processor the values would have to be turned round")
    #endif
    let file = try MappedFile(path: path)
    guard file.bytes.count >= 8 else {
      throw ArchiveError.malformed(
        path: path, tensor: nil, expected: "8 bytes with the header's length", found: "\(file.bytes.count) bytes")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    let limit = min(Self.headerLimit, file.bytes.count - 8)
    guard length <= UInt64(limit) else {
      throw ArchiveError.malformed(
        path: path, tensor: nil,
        expected: limit == Self.headerLimit
          ? "a header of at most \(limit) bytes" : "a header of at most the \(limit) bytes that follow its length",
        found: "\(length)")
    }
    dataStart = 8 + Int(length)
    let header = try SafetensorsHeader(
      json: UnsafeRawBufferPointer(rebasing: file.bytes[8..<dataStart]), dataCount: file.bytes.count - dataStart,
      path: path)
    self.path = path
    self.file = file
    metadata = header.metadata
    tensors = header.tensors
    indices = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
  }

  /// Whether there is a tensor called `name`.
  public func contains(_ name: String) -> Bool { indices[name] != nil }

  /// What the header says of the tensor called `name`.
  /// - Throws: `ArchiveError.missingTensor`.
  public func tensor(_ name: String) throws -> TensorDescription {
    guard let index = indices[name] else { throw ArchiveError.missingTensor(path: path, name: name) }
    return tensors[index]
  }

  /// The bytes of the tensor called `name`, in place. They are valid while this object lives (hold it with
  /// `withExtendedLifetime`) and aligned only as the file aligns them: read them with `loadUnaligned`.
  /// - Throws: `ArchiveError.missingTensor`.
  public func bytes(of name: String) throws -> UnsafeRawBufferPointer {
    let range = try tensor(name).range
    return UnsafeRawBufferPointer(rebasing: file.bytes[dataStart + range.lowerBound..<dataStart + range.upperBound])
  }

  /// Calls `body` with the bytes of all tensors, which leave no hole.
  func withTensorBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    withExtendedLifetime(file) { body(UnsafeRawBufferPointer(rebasing: file.bytes[dataStart...])) }
  }

  /// Copies the bytes of a tensor of exactly this type and shape.
  /// - Throws: `ArchiveError.missingTensor`, `.typeMismatch`, `.shapeMismatch`.
  public func copyBytes(
    of name: String, type: TensorType, shape: [Int], to destination: UnsafeMutableRawBufferPointer
  ) throws {
    let tensor = try checked(name, [type], shape)
    let source = try bytes(of: name)
    precondition(
      destination.count == tensor.range.count,
      "destination has \(destination.count) bytes, tensor \(name) \(tensor.range.count)")
    destination.copyMemory(from: source)
  }

  /// Copies a tensor of `shape` as 32-bit floats. F16 and BF16 are widened, which is exact; F64 is refused, because it
  /// would be rounded.
  /// - Throws: `ArchiveError.missingTensor`, `.typeMismatch`, `.shapeMismatch`.
  public func copyFloats(of name: String, shape: [Int], to destination: UnsafeMutableBufferPointer<Float>) throws {
    let tensor = try checked(name, [.float32, .float16, .bfloat16], shape)
    let source = try bytes(of: name)
    precondition(
      destination.count == tensor.count, "destination has \(destination.count) values, tensor \(name) \(tensor.count)")
    switch tensor.type {
    case .bfloat16:
      for index in 0..<tensor.count {
        let upper = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
        destination[index] = Float(bitPattern: UInt32(upper) << 16)
      }
    case .float16:
      for index in 0..<tensor.count {
        destination[index] = Float(source.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))
      }
    default:
      UnsafeMutableRawBufferPointer(destination).copyMemory(from: source)
    }
  }

  /// A tensor of `shape` as 32-bit floats, as ``copyFloats(of:shape:to:)`` reads it.
  /// - Throws: `ArchiveError.missingTensor`, `.typeMismatch`, `.shapeMismatch`.
  public func floats(of name: String, shape: [Int]) throws -> [Float] {
    // Before anything is allocated: the shape asked for must be the file's, whose size the file itself bounds.
    let count = try checked(name, [.float32, .float16, .bfloat16], shape).count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try copyFloats(of: name, shape: shape, to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  private func checked(_ name: String, _ types: [TensorType], _ shape: [Int]) throws -> TensorDescription {
    let tensor = try tensor(name)
    guard tensor.shape == shape else {
      throw ArchiveError.shapeMismatch(path: path, name: name, expected: shape, found: tensor.shape)
    }
    guard types.contains(tensor.type) else {
      throw ArchiveError.typeMismatch(
        path: path, name: name, expected: types.map(\.rawValue).joined(separator: " or "), found: tensor.type.rawValue)
    }
    return tensor
  }
}
