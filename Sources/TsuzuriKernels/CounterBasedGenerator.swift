internal import CKernels

/// Random numbers that are a function of a seed, a stream and a position: Philox 4x32-10.
///
/// Two streams of one seed never overlap, and any position can be reached at once, so a run can be taken up again from
/// three integers.
///
/// Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
public struct CounterBasedGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// What the whole run's randomness comes from: the key of the cipher.
  public let seed: UInt64
  /// Which of the seed's independent sequences this is: the counter's upper half.
  public let stream: UInt64
  /// How many 64-bit numbers have been drawn.
  public private(set) var position: UInt64

  /// A generator at a position of a stream.
  public init(seed: UInt64, stream: UInt64 = 0, position: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.position = position
  }

  /// The next 64 bits. Complexity: one block of ten rounds, of which half is used.
  public mutating func next() -> UInt64 {
    let block = position / 2
    let words = Self.block(
      counter: (UInt32(truncatingIfNeeded: block), UInt32(block >> 32), stream.lowWord, stream.highWord), seed: seed)
    defer { position += 1 }
    return position % 2 == 0
      ? UInt64(words.0) | UInt64(words.1) << 32
      : UInt64(words.2) | UInt64(words.3) << 32
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// One block of the cipher.
  static func block(
    counter: (UInt32, UInt32, UInt32, UInt32), seed: UInt64
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 10) { words in
      (words[0], words[1], words[2], words[3]) = counter
      (words[4], words[5]) = (seed.lowWord, seed.highWord)
      let base = words.baseAddress!
      tz_philox(base, base + 4, base + 6)
      return (words[6], words[7], words[8], words[9])
    }
  }
}

extension UInt64 {
  package var lowWord: UInt32 { UInt32(truncatingIfNeeded: self) }
  package var highWord: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}
