internal import Foundation
internal import Glibc
internal import TsuzuriArchive
internal import TsuzuriModel

extension ModelFolder {
  /// Writes a text model as `write(_:)` does, but all at once: the folder appears when it is complete.
  ///
  /// The files are made in `.NAME.writing` beside the folder, which takes the folder's name at the end. What a crash
  /// leaves of it is taken away by the next writer.
  ///
  /// - Throws: ``ModelFolderError/notEmpty(path:)`` where there is a folder that holds something; then, and in any other
  ///   case of failure, nothing is changed. Else as `write(_:)`.
  public func writeNew(_ model: TextModel) throws {
    let files = FileManager.default
    if exists, try !files.contentsOfDirectory(atPath: path).isEmpty { throw ModelFolderError.notEmpty(path: path) }
    try check(model.model.configuration, fits: model.tokenizer)
    try checkCanBeCreated()
    let target = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    let above = AtomicFile.folder(of: target)
    try make(above)
    let temporary = AtomicFile.temporaryName(for: target)
    try? files.removeItem(atPath: temporary)
    let folder = ModelFolder(temporary)
    do {
      try make(temporary)
      try folder.writeFiles(model.model, model.tokenizer, model.description.training)
      // Over an empty folder, too: rename replaces it, and nothing but an empty one.
      guard rename(temporary, target) == 0 else {
        throw ModelFolderError.cannotCreate(path: path, reason: SystemError.last.reason)
      }
    } catch {
      try? files.removeItem(atPath: temporary)
      throw error
    }
    // Best effort: the files are on the disk already, and some file systems cannot synchronise a folder.
    let descriptor = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
