internal import TsuzuriArchive

/// The file: safetensors, whose tensors are, for each order n,
///
/// | tensor | type, shape | what |
/// |---|---|---|
/// | `order.n.log_probabilities` | F32 [count of n-grams] | ln p(last token \| the others) |
/// | `order.n.tokens`, n > 1 | U32 [count] | the last token of each n-gram |
/// | `order.n.log_weights`, n < N | F32 [count] | ln γ of each n-gram as a context |
/// | `order.n.first_children`, n < N | U32 [count + 1] | where on level n + 1 the n-grams begin that have it as context |
///
/// The metadata has the order, and the checksum that every file of a model carries (`SafetensorsFile.verify()`).
extension NGramModel {
  /// Maps a file into memory, and checks all of it: the checksum, and that no number in it leads out of the file.
  ///
  /// - Throws: `ArchiveError` for a file that cannot be read or is no safetensors file, ``NGramError/damaged(path:reason:)``.
  /// - Complexity: O(file).
  public convenience init(contentsOf path: String, configuration: NGramConfiguration) throws {
    try configuration.validate()
    let file = try SafetensorsFile(path: path)
    try file.verify()
    let order = file.metadata["order"] ?? "none"
    guard order.utf8.elementsEqual("\(configuration.order)".utf8) else {
      throw NGramError.damaged(
        path: path, reason: "its metadata: expected the order \(configuration.order), found \(order.shown)")
    }
    /// A tensor in place; nil for any length.
    func values<Value>(
      _ name: String, _ level: Int, _ type: TensorType, count: Int?
    ) throws -> UnsafeBufferPointer<Value> {
      let name = "order.\(level).\(name)"
      let tensor = try file.tensor(name)
      guard tensor.type == type, tensor.shape.count == 1, count == nil || tensor.shape[0] == count else {
        throw NGramError.damaged(
          path: path,
          reason: "tensor \(name): expected \(type.rawValue) [\(count.map { "\($0)" } ?? "any number")], "
            + "found \(tensor.type.rawValue) \(tensor.shape)")
      }
      let bytes = try file.bytes(of: name)
      guard Int(bitPattern: bytes.baseAddress) % MemoryLayout<Value>.alignment == 0 else {
        throw NGramError.damaged(path: path, reason: "tensor \(name): its bytes are not aligned")
      }
      return bytes.bindMemory(to: Value.self)
    }
    var levels: [NGramLevel] = []
    for order in 1...configuration.order {
      let single = order == 1
      let probabilities: UnsafeBufferPointer<Float> = try values(
        "log_probabilities", order, .float32, count: single ? configuration.vocabularySize : nil)
      let count = probabilities.count
      var level = NGramLevel(
        tokens: UnsafeBufferPointer(start: nil, count: 0), logProbabilities: probabilities,
        firstChildren: UnsafeBufferPointer(start: nil, count: 0))
      if !single { level.tokens = try values("tokens", order, .uint32, count: count) }
      if order < configuration.order {
        level.logWeights = try values("log_weights", order, .float32, count: count)
        level.firstChildren = try values("first_children", order, .uint32, count: count + 1)
      }
      levels.append(level)
    }
    self.init(configuration, levels: levels, memory: file)
    if let reason = contradiction { throw NGramError.damaged(path: path, reason: reason) }
  }

  /// Writes the model.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - followingLinks: whether what a link leads to is replaced, and not the link.
  /// - Throws: `ArchiveError.unwritable`; what stood at `path` before is then unchanged.
  public func write(to path: String, followingLinks: Bool = true) throws {
    var writer = SafetensorsWriter(
      metadata: ["format": "pt", "model": "ngram", "order": "\(order)"], hasChecksum: true)
    for index in levels.indices {
      for part in parts(ofLevel: index) {
        writer.add(
          "order.\(index + 1).\(part.name)", type: part.type, shape: [part.bytes.count / part.type.byteCount]
        ) { sink in try sink(part.bytes) }
      }
    }
    try withExtendedLifetime(self) { try writer.write(to: path, followingLinks: followingLinks) }
  }

  private func parts(ofLevel index: Int) -> [(name: String, type: TensorType, bytes: UnsafeRawBufferPointer)] {
    let level = levels[index]
    var parts = [("log_probabilities", TensorType.float32, UnsafeRawBufferPointer(level.logProbabilities))]
    if index > 0 { parts.append(("tokens", .uint32, UnsafeRawBufferPointer(level.tokens))) }
    if index < levels.count - 1 {
      parts.append(("log_weights", .float32, UnsafeRawBufferPointer(level.logWeights)))
      parts.append(("first_children", .uint32, UnsafeRawBufferPointer(level.firstChildren)))
    }
    return parts
  }

  /// What is wrong with the levels, if anything. A checksum finds accidents; a file that was made to do harm has a
  /// right one.
  private var contradiction: String? {
    let size = UInt32(configuration.vocabularySize)
    for (index, level) in levels.enumerated() {
      let name = "order.\(index + 1)"
      if !level.logProbabilities.allSatisfy({ $0.isFinite && $0 <= 0 }) {
        return "tensor \(name).log_probabilities: expected finite numbers of at most 0, found another"
      }
      guard index + 1 < levels.count else { break }
      if !level.logWeights.allSatisfy({ $0.isFinite && $0 <= 0 }) {
        return "tensor \(name).log_weights: expected finite numbers of at most 0, found another"
      }
      let next = levels[index + 1].tokens
      guard level.firstChildren[0] == 0, Int(level.firstChildren[level.count]) == next.count else {
        return "tensor \(name).first_children: expected 0 to \(next.count), found other ends"
      }
      for node in 0..<level.count {
        let (begin, end) = (level.firstChildren[node], level.firstChildren[node + 1])
        guard begin <= end, Int(end) <= next.count else {
          return "tensor \(name).first_children: expected ascending numbers, found \(end) behind \(begin)"
        }
        var least: UInt32 = 0
        for child in Int(begin)..<Int(end) {
          guard next[child] >= least, next[child] < size else {
            return "tensor order.\(index + 2).tokens: expected ascending ids below \(size) behind each context"
          }
          least = next[child] + 1
        }
      }
    }
    return nil
  }
}
