import Foundation

/// Where token files are kept: beside ``Terminal`` and ``FaultVariable``, the one place in the project that asks the environment.
enum CacheFolder {
  /// `$XDG_CACHE_HOME/tsuzuri`, else `~/.cache/tsuzuri`; nil where none of them can be used, and then nothing is kept.
  static var standard: String? {
    let environment = ProcessInfo.processInfo.environment
    // The specification of base directories has relative paths ignored.
    let folders = [environment["XDG_CACHE_HOME"], environment["HOME"].map { $0 + "/.cache" }]
    guard let folder = folders.compactMap({ $0 }).first(where: { $0.hasPrefix("/") }) else { return nil }
    let path = folder + "/tsuzuri"
    // A home that cannot be written to is no reason to refuse work: nobody asked for this folder.
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return FileManager.default.isWritableFile(atPath: path) ? path : nil
  }
}
