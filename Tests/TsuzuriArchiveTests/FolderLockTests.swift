import Foundation
import Testing

import TsuzuriArchive

@Suite struct FolderLockTests {
  @Test func oneHolderAtATime() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path)
    let message =
      "\(folder.path): in use by process \(ProcessInfo.processInfo.processIdentifier). "
      + "Wait until it has ended, or choose another folder."
    #expect { try FolderLock(folder.path) } throws: { "\($0)" == message }
    lock.release()
    lock.release()
    let next = try FolderLock("\(folder.path)/")
    next.release()
  }

  @Test func aHolderThatIsGoneIsNotInTheWay() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("4711\n".utf8), to: ".lock")
    do { _ = try FolderLock(folder.path) }
    try FolderLock(folder.path).release()
  }

  @Test func anUnknownHolderIsNotNamed() {
    #expect(
      ArchiveError.folderInUse(folder: "model", process: nil).description
        == "model: in use by another process. Wait until it has ended, or choose another folder.")
  }

  @Test func aFolderMustExist() throws {
    let folder = try TemporaryFolder()
    let message =
      "\(folder.path)/none/.lock: cannot be written: No such file or directory. "
      + "Make the folder first, or correct the path."
    #expect { try FolderLock(folder.file("none")) } throws: { "\($0)" == message }
  }
}
