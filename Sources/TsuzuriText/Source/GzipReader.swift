import CZlib

/// Reads the bytes of a source, decompressed where they are gzip's.
///
/// A source is gzip's when it begins with the two bytes 1F 8B. It may hold several members one after the other, whose
/// texts follow each other, and zero bytes at its end, which tapes leave and which mean nothing.
final class GzipReader {
  private let bytes: ByteReader
  private var stream = z_stream()
  private let input: UnsafeMutableRawBufferPointer
  /// Where in the source the bytes after `input` begin.
  private var inputEnd = 0
  private var isCompressed: Bool?
  private var isInsideMember = false
  private var isStreamOpen = false

  var name: String { bytes.name }

  init(_ source: TextSource, readBytes: Int) throws(TextError) {
    bytes = try ByteReader(source)
    input = .allocate(byteCount: max(2, readBytes), alignment: 16)
    if case .text = source { isCompressed = false }
  }

  deinit {
    if isStreamOpen { inflateEnd(&stream) }
    input.deallocate()
  }

  /// Fills the buffer from its beginning, as far as there are bytes, and returns how many there were.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(TextError) -> Int {
    if isCompressed == nil {
      try refill()
      isCompressed = stream.avail_in >= 2 && input[0] == 0x1F && input[1] == 0x8B
    }
    return isCompressed == true ? try decompress(into: buffer) : try copy(into: buffer)
  }

  /// Hands out what was read to look for the mark, then reads straight into the buffer.
  private func copy(into buffer: UnsafeMutableRawBufferPointer) throws(TextError) -> Int {
    let held = min(Int(stream.avail_in), buffer.count)
    if held > 0 {
      buffer.copyMemory(from: UnsafeRawBufferPointer(start: stream.next_in, count: held))
      stream.next_in += held
      stream.avail_in -= UInt32(held)
    }
    if held == buffer.count { return held }
    return held + (try bytes.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[held...])))
  }

  private func decompress(into buffer: UnsafeMutableRawBufferPointer) throws(TextError) -> Int {
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(buffer.count)
    while stream.avail_out > 0 {
      if stream.avail_in == 0 {
        try refill()
        if stream.avail_in == 0 {
          if isInsideMember { throw .gzipEndsEarly(name: name, offset: inputEnd) }
          break
        }
      }
      if !isInsideMember {
        if isStreamOpen, skipZeros() { continue }
        try openMember()
      }
      let code = inflate(&stream, Z_NO_FLUSH)
      if code == Z_STREAM_END {
        isInsideMember = false
      } else if code != Z_OK && code != Z_BUF_ERROR {
        let reason = stream.msg.map { String(cString: $0) } ?? "zlib's error \(code)"
        throw .gzipDamaged(name: name, offset: inputEnd - Int(stream.avail_in), reason: reason)
      }
    }
    return buffer.count - Int(stream.avail_out)
  }

  /// Passes over zero bytes behind a member; true where nothing but they were left in the buffer.
  private func skipZeros() -> Bool {
    while stream.avail_in > 0, stream.next_in.pointee == 0 {
      stream.next_in += 1
      stream.avail_in -= 1
    }
    return stream.avail_in == 0
  }

  private func openMember() throws(TextError) {
    // 15 bits of window, the largest; 16 more ask for gzip's header and checksum.
    let code =
      isStreamOpen
      ? inflateReset(&stream) : inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if code != Z_OK { throw .gzipDamaged(name: name, offset: inputEnd, reason: "zlib's error \(code)") }
    isStreamOpen = true
    isInsideMember = true
  }

  private func refill() throws(TextError) {
    let count = try bytes.fill(input)
    inputEnd += count
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(count)
  }
}
