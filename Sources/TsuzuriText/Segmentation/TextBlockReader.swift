import CICU
import Foundation

/// Reads one text from its source to blocks of normalised text, one after the other.
public struct TextBlockReader {
  private var blocks: [TextBlock] = []
  private var position = 0

  /// Opens the text.
  ///
  /// - Throws: `TextError` where the text cannot be opened.
  public init(_ source: TextSource, text: TextOptions, segmentation: SegmentationOptions) throws {
    let bytes: [UInt8]
    switch source {
    case .file(let path):
      guard let data = FileManager.default.contents(atPath: path) else { throw TextError.notFound(path: path) }
      bytes = Array(data)
    case .standardInput: bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
    case .text(let string): bytes = Array(string.utf8)
    case .bytes(let given, _): bytes = given
    }
    if bytes.isEmpty { return }
    if segmentation.level == .byte {
      blocks = [TextBlock(index: 0, bytes: bytes)]
      return
    }
    var units = Array(String(decoding: bytes, as: UTF8.self).utf16)
    if text.normalization != .none, segmentation.level != .whitespace {
      var status: Int32 = 0
      let form = text.normalization == .nfc ? tz_unorm2_nfc(&status) : tz_unorm2_nfkc(&status)
      var target = [UInt16](repeating: 0, count: units.count * 18 + 16)
      let count = tz_unorm2_normalize(
        form, units, Int32(units.count), &target, Int32(target.count), &status)
      units = Array(target.prefix(Int(count)))
    }
    blocks = [TextBlock(index: 0, units: units, endsInUnfinishedLine: units.last != 0x0A)]
  }

  /// The next block, or nil where the text ends.
  ///
  /// - Throws: `TextError` where the text cannot be read or decoded.
  public mutating func next() throws -> TextBlock? {
    guard position < blocks.count else { return nil }
    defer { position += 1 }
    return blocks[position]
  }
}
