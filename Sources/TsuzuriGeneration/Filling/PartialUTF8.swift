internal import TsuzuriText

/// Bytes that may be the beginning of a text.
enum PartialUTF8 {
  /// How many bytes are missing until the last scalar is whole: 0 for whole text, nil where no bytes can make it one.
  static func missingBytes(after bytes: some BidirectionalCollection<UInt8>) -> Int? {
    let cut = UTF8Sequence.cut(atEndOf: bytes)
    let whole = bytes.dropLast(cut?.length ?? 0)
    return String(validating: whole, as: UTF8.self) == nil ? nil : cut?.missing ?? 0
  }
}
