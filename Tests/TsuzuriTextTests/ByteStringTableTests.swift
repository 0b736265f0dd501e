import Testing
import TsuzuriText

@Suite struct ByteStringTableTests {
  private func intern(_ string: String, in table: ByteStringTable) -> Int32 {
    Array(string.utf8).withUnsafeBufferPointer { table.intern($0) }
  }

  private func find(_ string: String, in table: ByteStringTable) -> Int32 {
    Array(string.utf8).withUnsafeBufferPointer { table.find($0) }
  }

  @Test func stringsAreEqualWhenTheirBytesAre() {
    let table = ByteStringTable()
    #expect(intern("が", in: table) == 0)
    #expect(intern("か\u{3099}", in: table) == 1)
    #expect(intern("", in: table) == 2)
    #expect(intern("\0", in: table) == 3)
    #expect(intern("\0\0", in: table) == 4)
    #expect(intern("が", in: table) == 0)
    #expect(find("\0\0\0", in: table) == -1)
    #expect(table.count == 5)
  }

  /// Lengths on both sides of 4 and 8, where the keys are made in another way.
  @Test func stringsThatDifferInOneByteAreTwo() {
    let table = ByteStringTable()
    var strings: [[UInt8]] = []
    for length in 1...20 {
      for place in 0..<length {
        var string = [UInt8](repeating: 0x61, count: length)
        string[place] = 0x62
        strings.append(string)
      }
    }
    for (index, string) in strings.enumerated() {
      #expect(string.withUnsafeBufferPointer { table.intern($0) } == Int32(index))
    }
    for (index, string) in strings.enumerated() {
      #expect(string.withUnsafeBufferPointer { table.find($0) } == Int32(index))
      #expect(Array(table[Int32(index)]) == string)
    }
  }

  @Test func aTableGrowsWithoutLosingAString() {
    let table = ByteStringTable()
    for i in 0..<50_000 { #expect(intern("word \(i)", in: table) == Int32(i)) }
    for i in 0..<50_000 { #expect(find("word \(i)", in: table) == Int32(i)) }
    #expect(find("word 50000", in: table) == -1)
  }

  @Test func hashesDoNotDependOnWhereATextIsCut() {
    let bytes = (0..<100).map { UInt8($0 * 7 % 251) }
    let whole = Fingerprint(of: bytes)
    for cut in 0...100 {
      var builder = FingerprintBuilder()
      bytes[..<cut].withUnsafeBytes { builder.update($0) }
      bytes[cut...].withUnsafeBytes { builder.update($0) }
      #expect(builder.fingerprint == whole)
    }
    #expect(Fingerprint(of: bytes.dropLast()) != whole)
    #expect(Fingerprint(of: bytes + [0]) != whole)
    #expect(Fingerprint(of: [0]) != Fingerprint(of: []))
    #expect(Fingerprint(whole.description) == whole)
  }

  /// Fingerprints name files that later versions look for: their values are part of the format.
  @Test func fingerprintsStayWhatTheyAre() {
    #expect(Fingerprint(of: "綴る".utf8).description == "3852e72672200a0543bdd980afa6682e")
  }
}
