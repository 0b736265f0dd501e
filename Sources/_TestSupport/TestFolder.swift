internal import Foundation

/// An empty folder for one test, which goes with the object.
public final class TestFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Makes the folder.
  ///
  /// - Parameter inMemory: whether to keep it off the disk where that can be: what is written and synchronised there
  ///   a thousand times outlives every process, though no power cut.
  public init(inMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let place = inMemory && FileManager.default.isWritableFile(atPath: memory) ? memory + "/" : NSTemporaryDirectory()
    path = place + "tsuzuri-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file; returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = self[name]
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Writes a text; returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// The text of a file.
  public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// The bytes of a file.
  public func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: self[name]))) }

  /// The path of what is called `name` in the folder.
  public subscript(name: String) -> String { path + "/" + name }
}
