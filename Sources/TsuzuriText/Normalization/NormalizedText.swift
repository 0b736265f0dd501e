/// The stages of reading up to normalised text, each of which holds only what it cannot pass on yet.
final class NormalizedText {
  private let decoded: DecodedText
  private let stripper: RubyStripper?
  private let normalizer: StreamingNormalizer?
  private let raw = UnitBuffer()
  private let plain = UnitBuffer()
  private let normal = UnitBuffer()
  private(set) var isAtEnd = false

  /// - Throws: `TextError` where the text cannot be opened.
  init(_ source: TextSource, options: TextOptions, sizes: BufferSizes) throws {
    decoded = try DecodedText(source, options: options, readBytes: sizes.readBytes)
    stripper = options.stripsRuby ? RubyStripper() : nil
    normalizer = try StreamingNormalizer(options.normalization, runScalars: sizes.runScalars)
  }

  /// The text that was read and not taken.
  var buffer: UnitBuffer { normalizer != nil ? normal : stripper != nil ? plain : raw }

  /// Reads on until the buffer holds `count` units or the text ends.
  func fill(_ count: Int) throws {
    while !isAtEnd, buffer.count < count {
      isAtEnd = try !decoded.read(into: raw)
      if let stripper { stripper.strip(raw, isLast: isAtEnd, into: plain) }
      try normalizer?.normalize(stripper != nil ? plain : raw, isLast: isAtEnd, into: normal)
    }
  }
}
