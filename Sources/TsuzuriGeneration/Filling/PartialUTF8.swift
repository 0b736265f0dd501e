/// Bytes that may be the beginning of a text.
enum PartialUTF8 {
  /// How many bytes are missing until the last scalar is whole: 0 for whole text, nil where no bytes can make it one.
  static func missingBytes(after bytes: some Collection<UInt8>) -> Int? {
    if isText(bytes) { return 0 }
    // The first byte that may follow the lead is one of these; any later one may be 80.
    let seconds: [UInt8] = [0x80, 0x90, 0xA0]
    for missing in 1...3 {
      let rest = [UInt8](repeating: 0x80, count: missing - 1)
      if seconds.contains(where: { isText(Array(bytes) + [$0] + rest) }) { return missing }
    }
    return nil
  }

  private static func isText(_ bytes: some Collection<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }
}
