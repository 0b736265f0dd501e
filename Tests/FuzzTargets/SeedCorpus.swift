import Foundation

/// The committed inputs: `Seeds/TARGET/NAME`, made by `Scripts/fuzz seeds`, and what fuzzing found.
package enum SeedCorpus {
  /// The folder in the sources.
  package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "Seeds"
  ).path

  /// The inputs of a target, in the order of their names.
  package static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let folder = "\(folder)/\(target.name)"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      (name, Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
    }
  }

  /// Writes the inputs that are made, and leaves others (those that fuzzing found) where they are.
  package static func write() throws {
    for (target, seeds) in try SeedMaker.all() {
      let folder = "\(folder)/\(target.name)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for (name, bytes) in seeds {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
    }
  }
}
