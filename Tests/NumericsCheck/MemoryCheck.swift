import CKernels
import Foundation

/// Whether memory that is free below a piece in use goes back to the system.
enum MemoryCheck {
  /// Fills 64 MB with small pieces, keeps the last, and asks for the rest back.
  static func run() throws -> Bool {
    let pieces = (0..<64_000).map { _ in
      let piece = UnsafeMutableRawPointer.allocate(byteCount: 1000, alignment: 8)
      _ = piece.initializeMemory(as: UInt8.self, repeating: 1, count: 1000)
      return piece
    }
    for piece in pieces.dropLast() { piece.deallocate() }
    let before = try residentBytes()
    tz_release_free_memory()
    let after = try residentBytes()
    pieces.last?.deallocate()
    print("\(before) bytes are resident, then \(after)")
    return before - after > 50_000_000
  }

  private static func residentBytes() throws -> Int {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return (Int(pages[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
