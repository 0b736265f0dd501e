import Synchronization
import TsuzuriText

/// Hands out the blocks of all texts of a corpus to several threads, numbered in order, chapter by chapter.
final class CorpusBlockQueue: Sendable {
  struct Item: Sendable {
    var index: Int
    /// How many chapters ended before the block.
    var chapter: Int
    var beginsText: Bool
    var block: TextBlock
  }

  private struct State {
    var reader: TextBlockReader?
    var textIndex = 0
    var blockIndex = 0
    var chapter = 0
    var chapterBytes = 0
    var bytes = 0
    var beginsText = false
    var failed = false
    /// Over the normalised text of the streams, which have no name by which to know them again, and the length of each.
    var content = FingerprintBuilder()
    var streamLength: UInt64 = 0
  }

  private let sources: [TextSource]
  private let configuration: TokenizerConfiguration
  private let chapterLength: Int
  private let totalBytes: Int?
  private let streams: Set<Int>
  private let state = Mutex(State())
  private let onEvent: @Sendable (CorpusEvent) -> Void

  init(
    sources: [TextSource], configuration: TokenizerConfiguration, chapterLength: Int, totalBytes: Int?,
    streams: Set<Int>, onEvent: @escaping @Sendable (CorpusEvent) -> Void
  ) {
    self.sources = sources
    self.configuration = configuration
    self.chapterLength = chapterLength
    self.totalBytes = totalBytes
    self.streams = streams
    self.onEvent = onEvent
  }

  /// The fingerprint of what came through the streams.
  var streamedFingerprint: Fingerprint { state.withLock { $0.content.fingerprint } }

  /// The next block, or nil at the end.
  func next() throws -> Item? {
    try state.withLock { state in
      guard !state.failed else { return nil }
      do {
        while state.textIndex < sources.count {
          let source = sources[state.textIndex]
          if state.reader == nil {
            state.reader = try TextBlockReader(
              source, text: configuration.text, segmentation: configuration.segmentation)
            state.beginsText = true
          }
          if let block = try state.reader?.next() { return take(block, &state) }
          state.reader = nil
          if streams.contains(state.textIndex) { endStream(&state) }
          state.textIndex += 1
        }
        return nil
      } catch {
        state.failed = true
        throw error
      }
    }
  }

  /// Takes in how long a stream was: the same text divided among two of them in another place is another corpus.
  private func endStream(_ state: inout State) {
    withUnsafeBytes(of: state.streamLength.littleEndian) { state.content.update($0) }
    state.streamLength = 0
  }

  private func take(_ block: TextBlock, _ state: inout State) -> Item {
    if streams.contains(state.textIndex) {
      block.units.withUnsafeBytes { state.content.update($0) }
      block.bytes.withUnsafeBytes { state.content.update($0) }
      state.streamLength += UInt64(2 * block.units.count + block.bytes.count)
    }
    if state.chapterBytes >= chapterLength {
      state.chapter += 1
      state.chapterBytes = 0
    }
    defer {
      state.beginsText = false
      state.blockIndex += 1
      state.chapterBytes += block.utf8Count
      state.bytes += block.utf8Count
      // Within the lock, so that the numbers arrive in their order.
      onEvent(.reading(bytes: state.bytes, total: totalBytes))
    }
    return Item(index: state.blockIndex, chapter: state.chapter, beginsText: state.beginsText, block: block)
  }
}
