import TsuzuriArchive
import TsuzuriData
import TsuzuriExchange
import TsuzuriText

extension FuzzTarget {
  /// `vocabulary.txt`.
  ///
  /// Input: whether the special tokens of a spelling vocabulary stand in front, then the file. What is taken must be
  /// written as a file that is taken and written the same.
  static let vocabulary = FuzzTarget("vocabulary", longestInput: 4096) { input in
    var reader = InputReader(input)
    let front = reader.byte() % 2 == 1 ? Vocabulary.bytes.fileContent : []
    let content = front + reader.remainder()
    let vocabulary = try named("vocabulary.txt") { try Vocabulary(fileContent: content) }
    let again = try kept("a vocabulary cannot be read as it was written") {
      try Vocabulary(fileContent: vocabulary.fileContent)
    }
    try require(again == vocabulary, "a vocabulary is not read as it was written")
    try require(again.fileContent == vocabulary.fileContent, "a vocabulary is not written as it was read")
    for id in 0..<Int32(vocabulary.count) where id < 20 || id > 256 {
      try require(vocabulary.id(escapedToken: vocabulary.escapedToken(id)) == id, "the token \(id) has another id")
    }
    for level in TokenLevel.allCases {
      _ = try? Tokenizer(
        vocabulary: vocabulary, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level))
      ).decode(Array(0..<Int32(vocabulary.count)))
    }
  }

  /// The list of tokens beside weights of PyTorch's.
  ///
  /// Input: the kind of vocabulary, then the file.
  static let tokenList = FuzzTarget("token-list", longestInput: 1024) { input in
    var reader = InputReader(input)
    let kind: Vocabulary.Kind = reader.byte() % 2 == 1 ? .closed : .spelling
    let folder = try FuzzFolder()
    let path = try folder.write("tokens.txt", reader.remainder())
    let list = try folder.expectNamed("tokens.txt") { try TokenList(contentsOf: path) }
    let (vocabulary, rows) = try folder.expectNamed("tokens.txt") { try list.vocabulary(kind) }
    try require(rows.count == vocabulary.count, "\(rows.count) rows for \(vocabulary.count) tokens")
    try require(rows.compactMap(\.self).sorted() == Array(0..<list.count), "a row is lost or stands twice")
  }

  /// A corpus as tokens.
  ///
  /// Input: whether the checksums are set right, then the file.
  static let tokenFile = FuzzTarget("token-file", longestInput: 1024) { input in
    var reader = InputReader(input)
    let isRepaired = reader.byte() % 2 == 1
    var bytes = reader.remainder()
    if isRepaired, bytes.count >= TokenFileHeader.size {
      // An input is one block, and its hash stands at the end.
      let hash = max(TokenFileHeader.size, bytes.count - 8)
      if hash + 8 == bytes.count {
        store(ContentHash.hash(of: bytes[TokenFileHeader.size..<hash]), in: &bytes, at: hash)
      }
      store(ContentHash.hash(of: bytes[hash...]), in: &bytes, at: 120)
      store(ContentHash.hash(of: bytes[..<(TokenFileHeader.size - 8)]), in: &bytes, at: TokenFileHeader.size - 8)
    }
    let folder = try FuzzFolder()
    let path = try folder.write("corpus.tokens", bytes)
    let file = try folder.expectNamed("corpus.tokens") { try TokenFile(path: path) }
    let ids = try file.tokens(in: 0..<file.count)
    try require(ids.allSatisfy { $0 >= 0 && Int($0) < file.vocabularyCount }, "an id outside the vocabulary")
    try require(file.validation.tokens <= file.count, "more tokens to validate than there are")
    _ = file.counts
  }

  /// Weights.
  ///
  /// Input: the file.
  static let safetensors = FuzzTarget("safetensors", longestInput: 2048) { input in
    let folder = try FuzzFolder()
    let path = try folder.write("model.safetensors", input)
    let file = try folder.expectNamed("model.safetensors") { try SafetensorsFile(path: path) }
    var end = 0
    for tensor in file.tensors {
      try require(tensor.range.lowerBound == end, "tensors overlap or leave a hole")
      end = tensor.range.upperBound
      try require(file.bytes(of: tensor.name).count == tensor.range.count, "bytes outside the tensor")
      _ = try? file.floats(of: tensor.name, shape: tensor.shape)
      _ = try? file.floats(of: tensor.name, shape: tensor.shape + [2])
    }
    try require(end <= input.count, "tensors outside the file")
  }

  /// Runs `body`, whose messages must name the file.
  private static func named<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      try require("\(error)".contains(name), "a message that does not name \(name): \(error)")
      throw error
    }
  }

  private static func store(_ value: UInt64, in bytes: inout [UInt8], at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 8, with: $0) }
  }
}
