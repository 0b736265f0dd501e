import Glibc

/// A file that appears under its name only when it is complete.
///
/// The bytes go to `.NAME.writing` beside the target, which is synchronised with the disk and renamed over the target;
/// then the folder is synchronised. Whoever opens the target sees the old file or the new one, never a part, and an
/// error, a crash or a power cut leaves the old one. What a crash leaves of the temporary file is taken over by the
/// next write to the same target, so that such pieces do not add up.
///
/// A target that is a link keeps being one: the file it points to is replaced. A device or pipe is written directly. Both
/// are what a person wants who names such a target; in a folder that may come from elsewhere nobody has, and with
/// `followingLinks: false` the name itself is given to the new file, whatever stood there.
public final class AtomicFile {
  /// The target, as the caller named it.
  public let path: String
  private let target: Target
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// The checksum of all bytes so far, where one was asked for.
  private var digest: Checksum?
  private static let bufferSize = 1 << 16

  private enum Target {
    case file(name: String, temporary: String)
    case device
  }

  /// Replaces the file at `path` by what `body` writes; if `body` throws, nothing is changed.
  /// - Throws: `ArchiveError.unwritable`, and what `body` throws.
  public static func replace<Result>(
    _ path: String, followingLinks: Bool = true, writing body: (AtomicFile) throws -> Result
  ) throws -> Result {
    let file = try AtomicFile(replacing: path, followingLinks: followingLinks)
    do {
      let result = try body(file)
      try file.commit()
      return result
    } catch {
      file.abandon()
      throw error
    }
  }

  /// Replaces the file at `path` by `bytes`.
  /// - Throws: `ArchiveError.unwritable`.
  public static func replace(_ path: String, with bytes: [UInt8], followingLinks: Bool = true) throws {
    try replace(path, followingLinks: followingLinks) { file in try bytes.withUnsafeBytes { try file.write($0) } }
  }

  /// Replaces the file at `path` by `text` in UTF-8.
  /// - Throws: `ArchiveError.unwritable`.
  public static func replace(_ path: String, with text: String, followingLinks: Bool = true) throws {
    try replace(path, followingLinks: followingLinks) { try $0.write(text) }
  }

  /// Replaces the file at `path` by what `body` writes, and gives back the checksum of what was handed to the system.
  ///
  /// The checksum is that of the bytes in memory: unlike one of the file, it does not agree with what went wrong between.
  /// - Throws: `ArchiveError.unwritable`, and what `body` throws.
  package static func replaceWithChecksum(
    _ path: String, followingLinks: Bool = true, writing body: (AtomicFile) throws -> Void
  ) throws -> UInt64 {
    try replace(path, followingLinks: followingLinks) { file in
      file.digest = Checksum()
      try body(file)
      return file.digest?.value ?? 0
    }
  }

  /// Appends `bytes`.
  /// - Throws: `ArchiveError.unwritable`.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    digest?.update(bytes)
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count > Self.bufferSize {
      try writeThrough(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Appends `text` in UTF-8.
  /// - Throws: `ArchiveError.unwritable`.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  // MARK: - Steps

  private init(replacing path: String, followingLinks: Bool) throws {
    self.path = path
    var status = stat()
    let exists = (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0
    if exists, followingLinks, [S_IFCHR, S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) {
      target = .device
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.error(path, .last, isUnchanged: false) }
      return
    }
    if exists, status.st_mode & S_IFMT == S_IFDIR { throw Self.error(path, SystemError(code: EISDIR)) }
    let name = exists && followingLinks ? Self.resolved(path) : path
    let temporary = Self.temporaryName(for: name)
    do {
      descriptor = try Self.openLocked(temporary, O_WRONLY)
    } catch let error as SystemError {
      throw Self.error(path, error)
    }
    // Best effort: on file systems without permissions the new file simply has the usual ones.
    if exists, status.st_mode & S_IFMT == S_IFREG { _ = fchmod(descriptor, status.st_mode & 0o7777) }
    target = .file(name: name, temporary: temporary)
  }

  private func commit() throws {
    try flush()
    guard case .file(let name, let temporary) = target else { return }
    if let error = Self.failure(.sync, fsync(descriptor)) { throw Self.error(path, error) }
    try Self.rename(temporary, to: name, toldAs: path)
  }

  /// Gives a file that is whole and on the disk another name, in the place of what stands there.
  /// - Throws: `ArchiveError.unwritable`.
  package static func move(_ file: String, to path: String) throws { try rename(file, to: path, toldAs: path) }

  /// Removes a file, if it is there. A link goes itself, and not what it leads to; a folder is refused.
  /// - Throws: `ArchiveError.unwritable`.
  package static func remove(_ path: String) throws {
    guard let error = failure(.remove, unlink(path)), error.code != ENOENT else { return }
    throw self.error(path, error)
  }

  private static func rename(_ file: String, to name: String, toldAs path: String) throws {
    // Opened first: where there is no descriptor left, everything is still as it was.
    let folder = open(Self.folder(of: name), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder < 0, [EMFILE, ENFILE].contains(errno) { throw Self.error(path, .last) }
    defer { if folder >= 0 { close(folder) } }
    if let error = Self.failure(.rename, Glibc.rename(file, name)) { throw Self.error(path, error) }
    // The new file stands by now. A folder that may be written to and not read cannot be synchronised by itself, nor can one
    // on some file systems (EINVAL), which keep an order of their own.
    guard folder >= 0 else { return }
    if let error = Self.failure(.folder, fsync(folder)), error.code != EINVAL {
      throw Self.error(path, error, isUnchanged: false)
    }
  }

  /// The error of a call whose result is −1 where it fails; the call is not made where a test has it fail.
  private static func failure(_ point: FaultPoint, _ call: @autoclosure () -> Int32) -> SystemError? {
    if let code = point.failure() { return SystemError(code: code) }
    return call() == 0 ? nil : .last
  }

  private func abandon() {
    if case .file(_, let temporary) = target { unlink(temporary) }
  }

  deinit { close(descriptor) }

  private func flush() throws {
    try buffer.withUnsafeBytes { try writeThrough($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws {
    do {
      try SystemIO.writeAll(bytes, to: descriptor, point: .write)
    } catch {
      if case .device = target { throw Self.error(path, error, isUnchanged: false) }
      throw Self.error(path, error)
    }
  }

  // MARK: - Names

  /// Opens the temporary file, empty, for this writer alone.
  ///
  /// The lock tells a crashed writer's leftover (free, taken over) from another writer at work (waited for). When the
  /// other one has renamed its file away meanwhile, the descriptor stands for the *target*: hence the comparison.
  package static func openLocked(_ temporary: String, _ access: Int32) throws -> Int32 {
    while true {
      if let code = FaultPoint.open.failure() { throw SystemError(code: code) }
      // Without waiting: a pipe that nobody reads would keep us here for ever.
      let descriptor = open(temporary, access | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      guard descriptor >= 0 else { throw SystemError.last }
      while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
      if isNamed(temporary, descriptor) {
        guard ftruncate(descriptor, 0) == 0 else {
          let error = SystemError.last
          close(descriptor)
          throw error
        }
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Whether what is open is what stands under that name.
  package static func isNamed(_ path: String, _ descriptor: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }

  private static func resolved(_ path: String) -> String {
    guard let name = realpath(path, nil) else { return path }
    defer { free(name) }
    return String(cString: name)
  }

  /// The folder in which `name` stands: "." for a name without one.
  ///
  /// Foundation's `deletingLastPathComponent` crashes on Linux where a name is one character.
  package static func folder(of name: String) -> String {
    guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }

  /// What is written beside `name` until it is whole.
  package static func temporaryName(for name: String) -> String {
    let slash = name.utf8.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { name.utf8.index(after: $0) } ?? name.startIndex
    return "\(name[..<start]).\(name[start...]).writing"
  }

  private static func error(_ path: String, _ error: SystemError, isUnchanged: Bool = true) -> ArchiveError {
    .unwritable(
      path: path, reason: error.reason,
      advice: error.advice + (isUnchanged ? "; what stood there before is unchanged." : "."))
  }
}
