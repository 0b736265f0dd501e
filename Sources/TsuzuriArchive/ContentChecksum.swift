/// The checksum that a safetensors file carries in its own metadata, as `checksum`: 16 hexadecimal digits.
///
/// It covers what a reader makes use of, and not how that is written down: the metadata's other entries, each tensor's
/// name, type, shape and place, both in the order of their names' bytes, then all bytes of all tensors. So a flipped bit
/// is found wherever it changes a value, and other blanks in the header change nothing.
enum ContentChecksum {
  /// The entry's key.
  static let key = "checksum"

  /// The checksum of everything but the tensors' bytes, which are still to be taken in.
  static func begin(metadata: [String: String], tensors: [TensorDescription]) -> Checksum {
    var checksum = Checksum()
    // A length before each text: "ab", "c" must not count as "a", "bc".
    func add(_ text: String) {
      withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { checksum.update($0) }
      checksum.update(text)
    }
    let pairs = metadata.filter { $0.key != key }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (key, value) in pairs {
      add(key)
      add(value)
    }
    for tensor in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      add(tensor.name)
      add(tensor.type.rawValue)
      for number in tensor.shape + [tensor.range.lowerBound, tensor.range.upperBound] { add("\(number)") }
    }
    return checksum
  }
}

extension SafetensorsFile {
  /// Whether the file carries a checksum, right or wrong.
  public var isSealed: Bool { metadata[ContentChecksum.key] != nil }

  /// Compares the file with the checksum that it carries, if it carries one.
  ///
  /// Files of other programs carry none, and are taken as they are.
  ///
  /// - Throws: `ArchiveError.damaged`.
  /// - Complexity: O(bytes).
  public func verify() throws {
    guard let stored = metadata[ContentChecksum.key] else { return }
    var checksum = ContentChecksum.begin(metadata: metadata, tensors: tensors)
    withTensorBytes { checksum.update($0) }
    let found = checksum.value.hexadecimalDigits
    // By bytes, as all that a stranger's file says.
    guard stored.utf8.elementsEqual(found.utf8) else {
      throw ArchiveError.damaged(
        path: path, expected: stored, found: found,
        advice: "or, if another program changed it on purpose, take 'checksum' out of its metadata")
    }
  }
}
