import Testing

@testable import TsuzuriText

@Suite struct UTF8SequenceTests {
  @Test func aScalarIsWellFormedAndItsBeginningsAreUnfinished() {
    for text in ["a", "\u{80}", "é", "\u{800}", "猫", "\u{D7FF}", "\u{E000}", "\u{10000}", "😀", "\u{10FFFF}"] {
      let bytes = Array(text.utf8)
      #expect(UTF8Sequence(atBeginningOf: bytes + [0x80, 0x41]) == .wellFormed(length: bytes.count), "\(bytes)")
      #expect(UTF8Sequence.cut(atEndOf: bytes) == nil, "\(bytes)")
      for length in 1..<bytes.count {
        let missing = bytes.count - length
        #expect(UTF8Sequence(atBeginningOf: bytes[..<length]) == .unfinished(length: length, missing: missing))
        let cut = UTF8Sequence.cut(atEndOf: [0x41, 0x80] + bytes[..<length])
        #expect(cut?.length == length && cut?.missing == missing, "\(bytes[..<length])")
      }
    }
  }

  @Test func anIllFormedSequenceIsAsLongAsItCouldHaveBecomeAScalar() {
    let sequences: [([UInt8], Int)] = [
      ([0x80, 0x80], 1), ([0xC0, 0x80], 1), ([0xC2, 0x41], 1), ([0xE0, 0x80, 0x80], 1), ([0xE3, 0x81, 0x41], 2),
      ([0xED, 0xA0, 0x80], 1), ([0xF0, 0x80, 0x80, 0x80], 1), ([0xF0, 0x9F, 0x98, 0xFF], 3), ([0xF4, 0x90, 0x80], 1),
      ([0xF5, 0x80], 1), ([0xFF], 1),
    ]
    for (bytes, length) in sequences {
      #expect(UTF8Sequence(atBeginningOf: bytes) == .illFormed(length: length), "\(bytes)")
    }
  }

  /// Every way to put four of the bytes at which a range of the table begins or ends beside each other, 234,256 in all.
  @Test func aWalkFindsWhatSwiftsOwnDecoderFinds() {
    let edges: [UInt8] = [
      0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1,
      0xF3, 0xF4, 0xF5,
    ]
    var different = 0
    for first in edges {
      for second in edges {
        for third in edges {
          for fourth in edges {
            let bytes = [first, second, third, fourth]
            different += Self.walked(bytes) == Array(String(decoding: bytes, as: UTF8.self).unicodeScalars) ? 0 : 1
          }
        }
      }
    }
    #expect(different == 0)
  }

  /// The scalars of some bytes, U+FFFD for each sequence that is none.
  private static func walked(_ bytes: [UInt8]) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let sequence = UTF8Sequence(atBeginningOf: rest)
      if case .wellFormed(let length) = sequence {
        scalars += Array(String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars)
      } else {
        scalars.append("\u{FFFD}")
      }
      rest.removeFirst(sequence.length)
    }
    return scalars
  }
}
