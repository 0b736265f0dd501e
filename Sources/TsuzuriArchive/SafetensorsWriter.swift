/// Writes tensors to a safetensors file, all or nothing (``AtomicFile``), without a copy of them in memory.
///
/// ```swift
/// var writer = SafetensorsWriter(metadata: ["format": "pt"])
/// writer.add("output.bias", shape: [3], floats: [1, 2, 3])
/// try writer.write(to: "model.safetensors")
/// ```
/// The header lists the tensors as they were added. Their bytes follow in the same order, except that larger elements
/// come first: the header is padded to 8 bytes, so each tensor is aligned to its own elements, which PyTorch asks for.
public struct SafetensorsWriter {
  /// Receives the next bytes of a tensor.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private struct Entry {
    let name: String
    let type: TensorType
    let shape: [Int]
    let byteCount: Int
    let body: (Sink) throws -> Void
  }

  private let metadata: [String: String]
  private let hasChecksum: Bool
  private var entries: [Entry] = []

  /// A writer of a file with this `metadata`, which Hugging Face's tools want to have `["format": "pt"]`.
  ///
  /// - Parameters:
  ///   - metadata: what the header tells beside the tensors.
  ///   - hasChecksum: whether the file carries a checksum of its own, by which ``SafetensorsFile/verify()`` finds damage.
  ///     Each tensor is then asked for its bytes twice.
  public init(metadata: [String: String] = [:], hasChecksum: Bool = false) {
    self.metadata = metadata
    self.hasChecksum = hasChecksum
  }

  /// Adds a tensor whose bytes `body` hands on, in pieces as it likes, when the file is written.
  public mutating func add(
    _ name: String, type: TensorType, shape: [Int], writing body: @escaping (Sink) throws -> Void
  ) {
    precondition(name != "__metadata__", "a tensor cannot be called __metadata__")
    precondition(!entries.contains { $0.name == name }, "tensor \(name) is added twice")
    precondition(shape.allSatisfy { $0 >= 0 }, "tensor \(name) has the shape \(shape)")
    let byteCount = shape.reduce(type.byteCount, *)
    entries.append(Entry(name: name, type: type, shape: shape, byteCount: byteCount, body: body))
  }

  /// Adds a tensor of 32-bit floats.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
    precondition(
      floats.count == shape.reduce(1, *), "tensor \(name) has \(floats.count) values, but the shape \(shape)")
    add(name, type: .float32, shape: shape) { sink in try floats.withUnsafeBytes { try sink($0) } }
  }

  /// Adds a tensor of 32-bit floats that stands elsewhere and stays there, unchanged, until the file is written.
  public mutating func add(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
    precondition(
      floats.count == shape.reduce(1, *), "tensor \(name) has \(floats.count) values, but the shape \(shape)")
    add(name, type: .float32, shape: shape) { sink in try sink(UnsafeRawBufferPointer(floats)) }
  }

  /// Adds a tensor of any type.
  public mutating func add(_ name: String, type: TensorType, shape: [Int], bytes: [UInt8]) {
    precondition(
      bytes.count == shape.reduce(type.byteCount, *), "tensor \(name) has \(bytes.count) bytes, but the shape \(shape)")
    add(name, type: type, shape: shape) { sink in try bytes.withUnsafeBytes { try sink($0) } }
  }

  /// Writes the file, which replaces what stood at `path` when it is complete.
  /// - Parameters:
  ///   - path: the file.
  ///   - followingLinks: whether what a link leads to is replaced, and not the link (``AtomicFile``).
  /// - Throws: `ArchiveError.unwritable`, and what a tensor's `writing` throws.
  public func write(to path: String, followingLinks: Bool = true) throws {
    try AtomicFile.replace(path, followingLinks: followingLinks) { try write(to: $0) }
  }

  /// Writes the file as ``write(to:followingLinks:)`` does, and gives back its checksum.
  /// - Throws: `ArchiveError.unwritable`, and what a tensor's `writing` throws.
  package func writeWithChecksum(to path: String, followingLinks: Bool = true) throws -> UInt64 {
    try AtomicFile.replaceWithChecksum(path, followingLinks: followingLinks) { try write(to: $0) }
  }

  /// Writes into a file that is being replaced, for instance between a checksum's updates.
  /// - Throws: `ArchiveError.unwritable`, and what a tensor's `writing` throws.
  public func write(to file: AtomicFile) throws {
    // Stable: equal sizes keep their order.
    let order = entries.indices.sorted {
      (-entries[$0].type.byteCount, $0) < (-entries[$1].type.byteCount, $1)
    }
    var begins = [Int](repeating: 0, count: entries.count)
    var end = 0
    for index in order {
      begins[index] = end
      end += entries[index].byteCount
    }
    let header = try header(begins: begins, metadata: hasChecksum ? metadataWithChecksum(begins, order) : metadata)
    try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
    try file.write(header)
    for index in order {
      let entry = entries[index]
      var written = 0
      try entry.body { bytes in
        written += bytes.count
        try file.write(bytes)
      }
      precondition(
        written == entry.byteCount, "tensor \(entry.name) has \(entry.byteCount) bytes, but \(written) were written")
    }
  }

  /// The metadata, with the checksum of all that is about to be written.
  private func metadataWithChecksum(_ begins: [Int], _ order: [Int]) throws -> [String: String] {
    let tensors = zip(entries, begins).map { entry, begin in
      TensorDescription(
        name: entry.name, type: entry.type, shape: entry.shape, range: begin..<begin + entry.byteCount)
    }
    var checksum = ContentChecksum.begin(metadata: metadata, tensors: tensors)
    for index in order { try entries[index].body { checksum.update($0) } }
    return metadata.merging([ContentChecksum.key: checksum.value.hexadecimalDigits]) { $1 }
  }

  private func header(begins: [Int], metadata: [String: String]) -> String {
    var members: [String] = []
    if !metadata.isEmpty {
      // Sorted, so that equal content gives equal files.
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(jsonString($0)):\(jsonString($1))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    for (entry, begin) in zip(entries, begins) {
      let shape = entry.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(jsonString(entry.name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(begin),\(begin + entry.byteCount)]}")
    }
    let json = "{\(members.joined(separator: ","))}"
    return json + String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
  }
}

/// `text` as a JSON string.
private func jsonString(_ text: String) -> String {
  var json = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": json += "\\\""
    case "\\": json += "\\\\"
    case ..<" ":
      let digits = String(scalar.value, radix: 16)
      json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: json.unicodeScalars.append(scalar)
    }
  }
  return json + "\""
}
