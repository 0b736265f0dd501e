import Foundation
import Testing
import TsuzuriData
import TsuzuriText

@Suite struct TokenFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ ids: [Int32], vocabularyCount: Int, to name: String = "a.tokens") throws -> String {
    let writer = try TokenFileWriter(path: folder.file(name), vocabularyCount: vocabularyCount)
    try ids.withUnsafeBufferPointer { try writer.append($0) }
    var header = TokenFileHeader()
    header.vocabularyCount = vocabularyCount
    (header.utf8, header.scalars, header.segments, header.unknown) = (11, 22, 33, 44)
    header.fingerprint = Fingerprint(of: [1])
    header.vocabularyFingerprint = Fingerprint(of: [2])
    (header.validation.tokens, header.validation.utf8, header.validation.scalars) = (1, 2, 3)
    try writer.finish(header)
    return folder.file(name)
  }

  private func message(_ path: String) -> String? {
    do {
      _ = try TokenFile(path: path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Counts around the 1 MiB buffer of the writer, for both widths.
  @Test(arguments: [0, 1, 7, 64, 65, 262_103, 262_104, 262_105, 600_000], [65_536, 65_537])
  func whatIsWrittenIsReadBack(count: Int, vocabularyCount: Int) throws {
    let ids = (0..<count).map { Int32($0 * 7919 % vocabularyCount) } + [Int32(vocabularyCount - 1)]
    let path = try write(ids, vocabularyCount: vocabularyCount)
    let file = try TokenFile(path: path)
    #expect(file.count == count + 1)
    #expect(try file.tokens(in: 0..<file.count) == ids)
    #expect(try file.tokens(in: count / 2..<count) == Array(ids[count / 2..<count]))
    #expect(file.vocabularyCount == vocabularyCount)
    #expect(file.counts.utf8 == 11 && file.counts.scalars == 22 && file.counts.segments == 33)
    #expect(file.counts.unknown == 44 && file.counts.tokens == count)
    #expect(file.fingerprint == Fingerprint(of: [1]))
    #expect(file.vocabularyFingerprint == Fingerprint(of: [2]))
    #expect(file.validation.tokens == 1 && file.validation.utf8 == 2 && file.validation.scalars == 3)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    let size = (count + 1) * (vocabularyCount <= 65_536 ? 2 : 4)
    // A hash for each MiB that was begun.
    #expect(attributes[.size] as? Int == 160 + size + 8 * ((size + (1 << 20) - 1) >> 20))
    #expect(try folder.names() == ["a.tokens"])
  }

  /// A file begins with `<eos>`, whatever the text: one without tokens is none of ours.
  @Test func aFileWithoutTokensIsRefused() throws {
    let writer = try TokenFileWriter(path: folder.file("none.tokens"), vocabularyCount: 300)
    var header = TokenFileHeader()
    header.vocabularyCount = 300
    try writer.finish(header)
    #expect(message(folder.file("none.tokens")) == "\(TokenFileError.damagedHeader(path: folder.file("none.tokens")))")
  }

  @Test func theLastTokensAreReadBackWhileWriting() throws {
    let writer = try TokenFileWriter(path: folder.file("b.tokens"), vocabularyCount: 70_000)
    let ids = (0..<600_000).map { Int32($0 % 69_999) }
    try ids.withUnsafeBufferPointer { try writer.append($0) }
    var last: [Int32] = []
    try writer.forEachToken(last: 500_001) { last.append($0) }
    #expect(last == Array(ids.suffix(500_001)))
    try writer.append(5)
    try writer.finish(
      {
        var header = TokenFileHeader(); header.vocabularyCount = 70_000; return header
      }())
    let file = try TokenFile(path: folder.file("b.tokens"))
    #expect(try file.tokens(in: 599_999..<600_001) == [ids[599_999], 5])
  }

  @Test func anUnfinishedFileLeavesNothing() throws {
    do {
      let writer = try TokenFileWriter(path: folder.file("c.tokens"), vocabularyCount: 10)
      try writer.append(3)
    }
    #expect(try folder.names() == [])
  }

  @Test func damageIsNamed() throws {
    let path = try write([1, 2, 3, 4], vocabularyCount: 100)
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    func damaged(_ change: (inout Data) -> Void) throws -> String? {
      var data = good
      change(&data)
      try data.write(to: URL(fileURLWithPath: path))
      return message(path)
    }
    let remake = "Delete it; it is made again from the corpus."
    #expect(try damaged { _ in } == nil)
    #expect(try damaged { $0[0] = 0 } == "\(path): this is not a token file. \(remake)")
    #expect(try damaged { $0 = $0.prefix(100) } == "\(path): this is not a token file. \(remake)")
    #expect(try damaged { $0[8] = 9 } == "\(path): expected a token file of format 2, found format 9. \(remake)")
    #expect(
      try damaged { $0.removeLast() } == "\(path): expected a token file of 176 bytes, found 175. \(remake)")
    #expect(
      try damaged { $0.append(0) } == "\(path): expected a token file of 176 bytes, found 177. \(remake)")
    #expect(
      try damaged { $0[161] ^= 1 }
        == "\(path): the token file's tokens are damaged: they contradict its checksum. \(remake)")
    #expect(
      try damaged { $0[170] ^= 1 }
        == "\(path): the token file's tokens are damaged: they contradict its checksum. \(remake)")
    // Every byte of the header is under its checksum, the absurd lengths too.
    for byte in 12..<160 {
      #expect(try damaged { $0[byte] ^= 0x40 } == "\(path): the token file's header is damaged. \(remake)")
    }
    #expect(message(folder.path) == "\(folder.path): this is not a token file. \(remake)")
    #expect(
      message("/nowhere/a.tokens")
        == "/nowhere/a.tokens: the token file cannot be read: No such file or directory. "
        + "Check the path, its permissions and the disk.")
  }

  /// Runs `body` and gives its message.
  private func complaint(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aBlockIsCheckedWhenItIsWantedForTheFirstTime() throws {
    // Three blocks of 524,288 tokens and one of 100.
    let path = try write((0..<1_572_964).map { Int32($0 % 9_973) }, vocabularyCount: 9_973)
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: 160 + 2 << 20)
    try handle.write(contentsOf: [0x55])
    try handle.close()
    let damaged =
      "\(path): the token file's tokens are damaged: they contradict its checksum. Delete it; it is made again from the "
      + "corpus."
    #expect(message(path) == damaged)
    let file = try TokenFile(path: path, sizeCheckedAtOnce: 1 << 20)
    #expect(try file.tokens(in: 1_048_575..<1_048_576) == [1_048_575 % 9_973])
    #expect(try file.tokens(in: 1_572_960..<1_572_964) == (1_572_960..<1_572_964).map { Int32($0 % 9_973) })
    #expect(complaint { _ = try file.tokens(in: 1_048_575..<1_048_577) } == damaged)
    #expect(complaint { _ = try file.tokens(in: 0..<1_572_964) } == damaged)
    #expect(complaint { _ = try file.tokens(in: 1_048_576..<1_048_576) } == nil)
  }

  @Test func aFileThatIsChangedWhileItIsReadIsNoticed() throws {
    let path = try write((0..<600_000).map { Int32($0 % 500) }, vocabularyCount: 500)
    let file = try TokenFile(path: path)
    #expect(complaint { _ = try file.tokens(in: 0..<600_000) } == nil)
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: 160)
    try handle.write(contentsOf: [7])
    #expect(utimes(path, [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]) == 0)
    let remake = "Delete it; it is made again from the corpus."
    #expect(complaint { _ = try file.tokens(in: 524_288..<600_000) } == nil)
    #expect(
      complaint { _ = try file.tokens(in: 0..<1) }
        == "\(path): the token file's tokens are damaged: they contradict its checksum. \(remake)")
    try handle.truncate(atOffset: 4096)
    try handle.close()
    #expect(
      complaint { _ = try file.tokens(in: 0..<1) }
        == "\(path): expected a token file of 1200176 bytes, found 4096. \(remake)")
  }

  /// Wherever in a read the cut falls: a mapping would stop the process.
  @Test func aFileThatIsCutShortInTheMiddleOfAReadTells() async throws {
    for round in 0..<40 {
      let path = try write((0..<600_000).map { Int32($0 % 500) }, vocabularyCount: 500, to: "\(round).tokens")
      let file = try TokenFile(path: path)
      async let found: String? = {
        while true {
          do { _ = try file.tokens(in: 0..<600_000) } catch { return "\(error)" }
        }
      }()
      try await Task.sleep(for: .microseconds(500 + 70 * round))
      #expect(truncate(path, 4096) == 0)
      #expect(
        await found == "\(path): expected a token file of 1200176 bytes, found 4096. "
          + "Delete it; it is made again from the corpus.")
    }
  }

  @Test func anIdOutsideTheVocabularyIsFoundOutWhateverTheChecksumSays() throws {
    let path = try write([1, 2, 300], vocabularyCount: 300)
    #expect(
      message(path)
        == "\(path): the token file's tokens are damaged: they contradict its checksum. Delete it; it is made again from "
        + "the corpus.")
    #expect(message(try write([1, 2, 299], vocabularyCount: 300)) == nil)
  }

  @Test func aPipeIsNoTokenFile() throws {
    let path = folder.file("pipe.tokens")
    #expect(mkfifo(path, 0o600) == 0)
    #expect(message(path) == "\(path): this is not a token file. Delete it; it is made again from the corpus.")
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    #expect {
      try TokenFileWriter(path: "/nowhere/a.tokens", vocabularyCount: 3)
    } throws: {
      "\($0)" == "/nowhere/a.tokens: the token file cannot be written: No such file or directory. "
        + "Make the folder first, or correct the path. Its folder comes from --cache, XDG_CACHE_HOME or TMPDIR."
    }
  }
}
