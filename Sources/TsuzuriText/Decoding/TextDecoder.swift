/// Bytes that mean nothing in an encoding, or stand for half of a surrogate pair. The offset counts from the first byte
/// that the decoder was given in this call, and is negative where the sequence began in the call before.
struct InvalidBytes: Error {
  var offset: Int
  var bytes: [UInt8]
  /// The code unit that has no other half.
  var surrogate: UInt16?
}

/// Turns the bytes of one encoding into well-formed UTF-16, a stretch at a time.
protocol TextDecoder: AnyObject {
  /// The encoding's name, as messages give it.
  var encoding: String { get }

  /// Decodes the bytes behind those of the call before, and returns how many it took. What it leaves, at most three
  /// bytes, must stand at the beginning of the next call's. The last call takes all.
  ///
  /// - Throws: `InvalidBytes` unless the decoder is lossy.
  func decode(_ bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, into target: UnitBuffer) throws -> Int
}

/// The decoder for an encoding's name.
///
/// - Throws: `TextError.unknownEncoding`.
func makeDecoder(encoding: String, isLossy: Bool) throws -> any TextDecoder {
  let converter = try ConverterDecoder(encoding: encoding, isLossy: isLossy)
  // Our own decoder is many times faster than ICU's and reports the same.
  return converter.encoding == "UTF-8" ? UTF8Decoder(isLossy: isLossy) : converter
}
