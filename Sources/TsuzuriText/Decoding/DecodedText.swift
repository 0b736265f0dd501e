/// The first stages of reading: bytes, decompressed, decoded to UTF-16, without a byte order mark.
final class DecodedText {
  /// The bytes that the encoding is guessed from. A beginning that is all ASCII is passed over first, in steps of this.
  static let sampleBytes = 1 << 18

  private let source: GzipReader
  private let options: TextOptions
  private let readBytes: Int
  private var decoder: (any TextDecoder)?
  private var bytes: [UInt8]
  /// How many bytes at the beginning of `bytes` the decoder left for the next call.
  private var leftCount = 0
  /// Where in the text `bytes` begins.
  private var offset = 0
  private var isAtStart = true
  private var isAtEnd = false

  init(_ source: TextSource, options: TextOptions, readBytes: Int) throws {
    var readBytes = readBytes
    // A prompt is short: it needs no buffers for a corpus.
    if case .text(let text) = source { readBytes = min(readBytes, text.utf8.count + 1) }
    self.source = try GzipReader(source, readBytes: readBytes)
    self.options = options
    self.readBytes = readBytes
    if case .text = source {
      decoder = UTF8Decoder(isLossy: true)
      // A string has no byte order mark: U+FEFF at its beginning is a character that somebody put there.
      isAtStart = false
    } else if options.encoding.lowercased() != "auto" {
      decoder = try makeDecoder(encoding: options.encoding, isLossy: options.isLossy)
    }
    bytes = [UInt8](repeating: 0, count: (decoder == nil ? max(readBytes, Self.sampleBytes) : readBytes) + 4)
  }

  /// Decodes another stretch of the text into the buffer, which may add nothing; false where the text has ended.
  func read(into target: UnitBuffer) throws -> Bool {
    if isAtEnd { return false }
    let wanted = decoder == nil ? Self.sampleBytes : readBytes
    let count = leftCount + (try fill(leftCount..<leftCount + wanted))
    isAtEnd = count < leftCount + wanted
    let before = target.count
    try decode(count, into: target)
    if isAtStart, target.count > before {
      precondition(before == 0, "a text was begun in a buffer that held \(before) units")
      if target.units[0] == 0xFEFF { target.removeFirst(1) }
      isAtStart = false
    }
    return true
  }

  private func fill(_ range: Range<Int>) throws -> Int {
    try bytes.withUnsafeMutableBytes { try source.fill(UnsafeMutableRawBufferPointer(rebasing: $0[range])) }
  }

  private func decode(_ count: Int, into target: UnitBuffer) throws {
    let taken = try bytes.withUnsafeBufferPointer { all in
      let given = UnsafeBufferPointer(rebasing: all[..<count])
      var current: any TextDecoder
      if let decoder {
        current = decoder
      } else if !EncodingDetector.isPlainASCII(given) || isAtEnd {
        let name = EncodingDetector.encoding(of: given, isBeginning: offset == 0, isWhole: isAtEnd)
        current = try makeDecoder(encoding: name, isLossy: options.isLossy)
        decoder = current
      } else {
        current = UTF8Decoder(isLossy: false)
      }
      do {
        return try current.decode(given, isLast: isAtEnd, into: target)
      } catch let error as InvalidBytes {
        if let unit = error.surrogate {
          throw TextError.unpairedSurrogate(
            name: source.name, offset: offset + error.offset, unit: unit, encoding: current.encoding)
        }
        throw TextError.invalidBytes(
          name: source.name, offset: offset + error.offset, bytes: error.bytes, encoding: current.encoding)
      }
    }
    leftCount = count - taken
    for index in 0..<leftCount { bytes[index] = bytes[taken + index] }
    offset += taken
  }
}
