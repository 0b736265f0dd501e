/// The header of a safetensors file, read and checked.
///
/// Checked is everything that the format promises: known types, a shape whose product times the element's size is the
/// span of bytes (without overflow), spans that lie in the file, do not overlap and leave no hole.
struct SafetensorsHeader {
  /// In the order of the bytes.
  let tensors: [TensorDescription]
  let metadata: [String: String]

  /// No tensor of a real file has more dimensions; without a limit a hostile header could ask for much memory.
  private static let dimensionLimit = 32

  /// - Parameters:
  ///   - json: the header.
  ///   - dataCount: the number of bytes after it.
  ///   - path: named in messages.
  /// - Throws: `ArchiveError.malformed`.
  init(json: UnsafeRawBufferPointer, dataCount: Int, path: String) throws {
    guard json.first == UInt8(ascii: "{") else {
      throw ArchiveError.malformed(
        path: path, tensor: nil, expected: "a header that begins with '{'", found: "another first byte")
    }
    var metadata: [String: String] = [:]
    var tensors: [TensorDescription] = []
    var current: String?
    do {
      var scanner = HeaderScanner(json)
      try scanner.object("the header") { scanner, key in
        if key == "__metadata__" {
          try scanner.object("__metadata__") { scanner, key in metadata[key] = try scanner.string("a metadata value") }
        } else {
          current = key
          tensors.append(try Self.tensor(key, &scanner))
          current = nil
        }
      }
      try scanner.end()
    } catch let failure as HeaderScanner.Failure {
      throw ArchiveError.malformed(
        path: path, tensor: current, expected: failure.expected, found: failure.found)
    }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    try Self.checkSpans(of: tensors, dataCount: dataCount, path: path)
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Reads one tensor's entry, `{"dtype": …, "shape": […], "data_offsets": [begin, end]}`, in any order of its keys.
  private static func tensor(_ name: String, _ scanner: inout HeaderScanner) throws -> TensorDescription {
    var type: TensorType?
    var shape: [Int]?
    var range: Range<Int>?
    try scanner.object("the tensor's entry") { scanner, key in
      switch key {
      case "dtype":
        let name = try scanner.string("dtype")
        // By bytes: for strings Swift sorts the marks of a character one by one, and a value may have megabytes of them.
        guard let known = TensorType.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
          let names = TensorType.allCases.map(\.rawValue).joined(separator: ", ")
          throw HeaderScanner.Failure(expected: "a dtype of \(names)", found: name.shown)
        }
        type = known
      case "shape":
        shape = try scanner.integers("shape", limit: dimensionLimit)
      case "data_offsets":
        let offsets = try scanner.integers("data_offsets", limit: 2)
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
          throw HeaderScanner.Failure(expected: "data_offsets [begin, end] with begin ≤ end", found: "\(offsets)")
        }
        range = offsets[0]..<offsets[1]
      default:
        throw HeaderScanner.Failure(expected: "the keys dtype, shape and data_offsets", found: key.shown)
      }
    }
    guard let type else { throw HeaderScanner.Failure(expected: "a dtype", found: "none") }
    guard let shape else { throw HeaderScanner.Failure(expected: "a shape", found: "none") }
    guard let range else { throw HeaderScanner.Failure(expected: "data_offsets", found: "none") }
    guard let size = byteCount(of: shape, type) else {
      throw HeaderScanner.Failure(expected: "fewer than 2^63 bytes", found: "shape \(shape) of \(type.rawValue)")
    }
    guard range.count == size else {
      throw HeaderScanner.Failure(
        expected: "\(size) bytes for shape \(shape) of \(type.rawValue)",
        found: "\(range.count) (data_offsets [\(range.lowerBound), \(range.upperBound)])")
    }
    return TensorDescription(name: name, type: type, shape: shape, range: range)
  }

  private static func checkSpans(of tensors: [TensorDescription], dataCount: Int, path: String) throws {
    var end = 0
    for tensor in tensors {
      guard tensor.range.upperBound <= dataCount else {
        throw ArchiveError.malformed(
          path: path, tensor: tensor.name, expected: "data_offsets up to \(dataCount), where the file ends",
          found: "[\(tensor.range.lowerBound), \(tensor.range.upperBound)]")
      }
      guard tensor.range.lowerBound == end else {
        throw ArchiveError.malformed(
          path: path, tensor: tensor.name, expected: "data that begins at byte \(end), where the tensor before it ends",
          found: "byte \(tensor.range.lowerBound)")
      }
      end = tensor.range.upperBound
    }
    guard end == dataCount else {
      throw ArchiveError.malformed(
        path: path, tensor: nil, expected: "\(end) bytes of tensors after the header", found: "\(dataCount)")
    }
  }

  /// Product of `shape` × size of an element, or nil where that overflows.
  private static func byteCount(of shape: [Int], _ type: TensorType) -> Int? {
    // A zero makes the product zero, but only if what stands before it does not overflow first.
    if shape.contains(0) { return 0 }
    var size = type.byteCount
    for dimension in shape {
      let (product, overflowed) = size.multipliedReportingOverflow(by: dimension)
      guard !overflowed else { return nil }
      size = product
    }
    return size
  }
}
