import Foundation

/// A folder for readers that take a path, made anew for each input and gone with the object.
final class FuzzFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "tsuzuri-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  subscript(name: String) -> String { path + "/" + name }

  /// Writes a file; returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
    guard let stream = fopen(self[name], "wb") else { throw Finding(description: "\(self[name]) cannot be made") }
    defer { fclose(stream) }
    let content = Array(bytes)
    guard fwrite(content, 1, content.count, stream) == content.count else {
      throw Finding(description: "\(self[name]) cannot be written")
    }
    return self[name]
  }

  /// Removes a file.
  func remove(_ name: String) { unlink(self[name]) }

  /// Runs `body`, whose messages must name this folder's file.
  func expectNamed<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch {
      try require("\(error)".contains(name), "a message that does not name \(name): \(error)")
      throw error
    }
  }
}
