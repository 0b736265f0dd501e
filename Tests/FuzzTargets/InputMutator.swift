/// Changes inputs a little, by a seed: the same seed, the same inputs.
///
/// What libFuzzer does without the look at what was reached: for the short run that every test run has time for.
package struct InputMutator {
  private var state: UInt64
  private let longest: Int

  /// Values at the edges of what numbers in files can hold, and pieces of the formats.
  private static let pieces: [[UInt8]] =
    [0, 1, 0x7F, 0x80, 0xFF].map { [$0] }
    + [UInt64.max, 1 << 63, 1 << 62, UInt64(Int64.max), 1 << 32, 0xFFFF_FFFF, 1 << 31, 0x7FFF_FFFF].map { value in
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    + [
      "-1", "0", "1e999", "9223372036854775807", "9223372036854775808", "18446744073709551616", "4611686018427387904",
      "null", "true", "[]", "{}", "[[", "\"", "\\", "\\u0000", "\\ud800", "NaN", "\n", "\r\n", "<eos>", "<unk>",
      "<0x41>", "\\<eos>", "\\u{D800}", "\\u{110000}", "《", "》", "［＃", "］", "｜", "底本：", "か\u{3099}", "\u{301}",
      "\u{FFFD}", "\u{FEFF}", "👨‍👩‍👧", "🇯🇵", "\u{1F1E6}", "ๆ", "外国人参政権", "\u{0}", "\u{2028}",
    ].map { Array($0.utf8) }
    + [
      [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x1F, 0x8B, 8, 0], [0x1B, 0x24, 0x42],
      [0x1B, 0x28, 0x42], [0xFF, 0xFE], [0xFE, 0xFF], [0xFF, 0xFE, 0, 0], [0x00, 0xD8], [0x81, 0x30], [0x2B, 0x2F],
    ]

  /// A mutator whose inputs are at most `longest` bytes long.
  package init(seed: UInt64, longest: Int) {
    state = seed
    self.longest = longest
  }

  /// A changed copy of one of the seeds: one to four changes.
  package mutating func mutation(of seeds: [[UInt8]]) -> [UInt8] {
    var input = seeds.isEmpty ? [] : seeds[below(seeds.count)]
    for _ in 0...below(4) { change(&input, seeds) }
    return Array(input.prefix(longest))
  }

  private mutating func change(_ input: inout [UInt8], _ seeds: [[UInt8]]) {
    guard !input.isEmpty else {
      input = Self.pieces[below(Self.pieces.count)]
      return
    }
    let place = below(input.count)
    let end = place + min(1 + below(32), input.count - place)
    switch below(9) {
    case 0, 1: input[place] ^= 1 << UInt8(below(8))
    case 2: input[place] = UInt8(below(256))
    case 3: input.removeSubrange(place..<end)
    case 4: input.insert(contentsOf: input[place..<end], at: below(input.count + 1))
    case 5: input.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: place)
    case 6:
      let piece = Self.pieces[below(Self.pieces.count)]
      input.replaceSubrange(place..<min(place + piece.count, input.count), with: piece)
    case 7: input.removeSubrange(place...)
    default:
      // The front of one input and the back of another: structure that neither has alone.
      let other = seeds[below(seeds.count)]
      input = Array(input[..<place]) + other.suffix(below(other.count + 1))
    }
  }

  /// A number below `bound`, which is not 0.
  private mutating func below(_ bound: Int) -> Int {
    // SplitMix64 (Steele, Lea & Flood 2014).
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}
