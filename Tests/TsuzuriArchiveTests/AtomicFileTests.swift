import Foundation
import Testing

import TsuzuriArchive

@Suite struct AtomicFileTests {
  struct Interruption: Error {}

  @Test func replacesAndLeavesNothingElse() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(folder.file("a.txt"), with: "old")
    try AtomicFile.replace(folder.file("a.txt"), with: "新しい")
    #expect(try contents(folder.file("a.txt")) == "新しい")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func anErrorLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(folder.file("a.txt"), with: "old")
    #expect(throws: Interruption.self) {
      try AtomicFile.replace(folder.file("a.txt")) { file in
        try file.write(String(repeating: "new", count: 100_000))
        throw Interruption()
      }
    }
    #expect(try contents(folder.file("a.txt")) == "old")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func theOldFileStandsUntilTheNewOneIsComplete() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(folder.file("a.txt"), with: "old")
    try AtomicFile.replace(folder.file("a.txt")) { file in
      try file.write(String(repeating: "n", count: 200_000))
      #expect(try contents(folder.file("a.txt")) == "old")
      try file.write("end")
    }
    #expect(try contents(folder.file("a.txt")) == String(repeating: "n", count: 200_000) + "end")
  }

  @Test func whatACrashLeftIsTakenOver() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([UInt8](repeating: 0x78, count: 500), to: ".a.txt.writing")
    try AtomicFile.replace(folder.file("a.txt"), with: "new")
    #expect(try contents(folder.file("a.txt")) == "new")
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func writersAtOnceEachWriteWhole() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask { try AtomicFile.replace(path, with: String(repeating: "\(writer)", count: 100_000)) }
      }
      try await group.waitForAll()
    }
    let text = try contents(path)
    #expect(text.utf8.count == 100_000)
    #expect(Set(text.utf8).count == 1)
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func keepsPermissionsAndLinks() throws {
    let folder = try TemporaryFolder()
    let manager = FileManager.default
    try AtomicFile.replace(folder.file("a.txt"), with: "old")
    try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("a.txt"))
    try manager.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "a.txt")
    try AtomicFile.replace(folder.file("link"), with: "new")
    #expect(try contents(folder.file("a.txt")) == "new")
    #expect(try manager.destinationOfSymbolicLink(atPath: folder.file("link")) == "a.txt")
    #expect(try manager.attributesOfItem(atPath: folder.file("a.txt"))[.posixPermissions] as? Int == 0o640)
  }

  @Test func messagesSayWhatToDo() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(folder.file("a.txt"), with: "old")
    func message(_ path: String) -> String? {
      do {
        try AtomicFile.replace(path, with: "new")
        return nil
      } catch {
        return "\(error)"
      }
    }
    let unchanged = "what stood there before is unchanged."
    #expect(
      message("\(folder.path)/none/a.txt") == "\(folder.path)/none/a.txt: cannot be written: "
        + "No such file or directory. Make the folder first, or correct the path; \(unchanged)")
    #expect(
      message("\(folder.path)/a.txt/b") == "\(folder.path)/a.txt/b: cannot be written: "
        + "Not a directory. Make the folder first, or correct the path; \(unchanged)")
    #expect(
      message(folder.path) == "\(folder.path): cannot be written: "
        + "Is a directory. Name a file, not a folder; \(unchanged)")
    let long = folder.file(String(repeating: "n", count: 250))
    #expect(
      message(long) == "\(long): cannot be written: File name too long. Choose a shorter name; \(unchanged)")
    #expect(
      message("/dev/full") == "/dev/full: cannot be written: "
        + "No space left on device. Free some space on that disk or choose another folder.")
    #expect(message("/dev/null") == nil)
    #expect(try contents(folder.file("a.txt")) == "old")
  }
}
