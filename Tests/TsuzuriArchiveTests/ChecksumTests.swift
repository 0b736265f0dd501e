import Testing

import TsuzuriArchive

/// The expected values are those of Collet's reference implementation (xxhash 0.8 through its Python module).
@Suite struct ChecksumTests {
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)])
  func publishedVectors(text: String, expected: UInt64) {
    var checksum = Checksum()
    checksum.update(text)
    #expect(checksum.value == expected)
  }

  private static let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }

  @Test(
    arguments: [
      (0, 0xEF46_DB37_51D8_E999, 0xAC75_FDA2_929B_17EF), (1, 0x1F25_C8D0_BC1F_4BB6, 0x79CF_94F5_ACE3_7FE1),
      (3, 0x31D2_363F_52E5_64C9, 0x96D2_A5E5_83DD_D738), (4, 0x9BB6_4B7D_66EE_9FDA, 0x4A86_2FBB_4B73_776E),
      (7, 0x9A7B_1499_59CE_60D8, 0xDDC5_CF71_D37A_6368), (8, 0xDAB9_9D95_C6F9_0092, 0xC6E7_5E2C_BD8E_07EE),
      (31, 0xA2AA_5F33_CC4A_6119, 0x3818_22F3_3376_D6B6), (32, 0x23C3_C17E_F790_FD97, 0x9ABD_3154_70AC_276A),
      (33, 0x50A7_CFC7_BA58_8784, 0x72CD_D326_2F46_7933), (63, 0x5E3E_54B4_31C7_493C, 0x634D_A7D2_6597_9E61),
      (64, 0x0EB6_4B3E_F6EE_B01F, 0xBCB3_847D_7052_5180), (65, 0xA383_B724_B2BD_12F1, 0x97F9_D8F9_9671_9021),
      (1000, 0x5F23_5FA0_33F1_A3FB, 0x8308_0310_EE83_CC20),
    ] as [(Int, UInt64, UInt64)])
  func everyLengthOfTail(count: Int, unseeded: UInt64, seeded: UInt64) {
    var plain = Checksum()
    var withSeed = Checksum(seed: 2_654_435_761)
    Self.bytes.prefix(count).withUnsafeBytes {
      plain.update($0)
      withSeed.update($0)
    }
    #expect(plain.value == unseeded)
    #expect(withSeed.value == seeded)
  }

  @Test(arguments: [1, 5, 31, 32, 33, 100])
  func theCutIntoCallsDoesNotMatter(piece: Int) {
    var checksum = Checksum()
    for start in stride(from: 0, to: Self.bytes.count, by: piece) {
      Self.bytes[start..<min(start + piece, Self.bytes.count)].withUnsafeBytes { checksum.update($0) }
    }
    #expect(checksum.value == 0x5F23_5FA0_33F1_A3FB)
  }

  @Test func aFileHasItsBytesChecksum() throws {
    let folder = try TemporaryFolder()
    #expect(try Checksum.ofFile(at: folder.write(Self.bytes, to: "bytes")) == 0x5F23_5FA0_33F1_A3FB)
    #expect(try Checksum.ofFile(at: folder.write([], to: "empty")) == 0xEF46_DB37_51D8_E999)
    let message = "\(folder.path)/none: cannot be read: No such file or directory. Check the path and its permissions."
    #expect { try Checksum.ofFile(at: folder.file("none")) } throws: { "\($0)" == message }
  }
}
