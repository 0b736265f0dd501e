/// How large a vocabulary may become.
public struct VocabularyOptions: Codable, Sendable, Hashable {
  /// The number of ids in all, special tokens and bytes included; nil is unlimited.
  public var size: Int?
  /// Rarer text has no token of its own.
  public var minimumCount: Int

  /// Creates options.
  public init(size: Int? = nil, minimumCount: Int = 1) {
    self.size = size
    self.minimumCount = minimumCount
  }

  /// The command's defaults: 20,000 words, and no limit for the other levels.
  public static func standard(for level: TokenLevel) -> VocabularyOptions {
    VocabularyOptions(size: level == .word ? 20_000 : nil)
  }

  /// Checks that a vocabulary of the level can have the size.
  ///
  /// - Throws: `VocabularyError.sizeTooSmall` or `.sizeOfByteLevel`.
  public func validate(for level: TokenLevel) throws {
    guard let size else { return }
    let minimum = level == .whitespace ? 2 : Int(Vocabulary.firstText)
    guard size >= minimum else {
      throw VocabularyError.sizeTooSmall(size: size, level: level, minimum: minimum)
    }
    if level == .byte, size != minimum { throw VocabularyError.sizeOfByteLevel(size: size) }
  }
}
