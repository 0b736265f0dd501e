extension UInt64 {
  /// 16 hexadecimal digits, as checksums and fingerprints are written.
  package var hexadecimalDigits: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
