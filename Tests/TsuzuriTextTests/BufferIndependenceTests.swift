import Testing

@testable import TsuzuriText

/// The segments of a text are the same whatever was read at once and wherever blocks were cut.
@Suite struct BufferIndependenceTests {
  static let sizes: [(read: Int, block: Int)] = [(1, 1), (3, 2), (7, 5), (64, 16), (50, 100), (1000, 333)]

  @Test(arguments: TokenLevel.allCases, [4096, 12, 5])
  func segmentsDoNotDependOnBuffers(level: TokenLevel, runScalars: Int) throws {
    for seed in 0..<60 {
      var generator = SplitMix(seed: UInt64(seed))
      let text = AwkwardText.make(pieces: 10 + 12 * seed, using: &generator)
      let source = TextSource.bytes(Array(text.utf8), name: "random")
      let options = SegmentationOptions(level: level)
      let reading = TextOptions(encoding: "UTF-8", normalization: seed % 3 == 0 ? .none : .nfc)
      let whole = try segments(
        of: source, options, text: reading,
        sizes: BufferSizes(readBytes: 1 << 20, blockUnits: 1 << 20, runScalars: runScalars))
      for (read, block) in Self.sizes {
        let cut = try segments(
          of: source, options, text: reading,
          sizes: BufferSizes(readBytes: read, blockUnits: block, runScalars: runScalars))
        let isSame = zip(whole, cut).allSatisfy(areIdentical) && whole.count == cut.count
        #expect(isSame, "seed \(seed), read \(read), block \(block)")
        if !isSame { return }
      }
    }
  }

  @Test(arguments: [TokenLevel.character, .word])
  func segmentsAreICUsWhereNothingIsTooLong(level: TokenLevel) throws {
    let options = SegmentationOptions(level: level)
    for seed in 0..<400 {
      var generator = SplitMix(seed: UInt64(1000 + seed))
      let text =
        seed % 4 == 0
        ? AwkwardText.anyScalars(300, using: &generator) : AwkwardText.make(pieces: 300, using: &generator)
      let expected = try segmentsByICU(text, options)
      let found = try segments(
        of: .text(text), options, text: TextOptions(normalization: .none),
        sizes: BufferSizes(readBytes: 64, blockUnits: 40))
      let isSame = zip(expected, found).allSatisfy(areIdentical) && expected.count == found.count
      #expect(isSame, "seed \(1000 + seed)")
      if !isSame {
        for (a, b) in zip(expected, found) where !areIdentical(a, b) {
          Issue.record("\(a.unicodeScalars.map { $0 }) \(b.unicodeScalars.map { $0 })")
          break
        }
        return
      }
    }
  }

  @Test(
    arguments: [TokenLevel.character, .word],
    ["en/tinyshakespeare.txt", "ja/soseki_botchan.ruby.txt", "jaen/tatoeba_mixed.test.txt", "en/wikitext2.test.txt"])
  func segmentsOfRealTextAreICUs(level: TokenLevel, name: String) throws {
    guard let path = Corpora.path(name) else { return }
    let options = SegmentationOptions(level: level)
    let text = String(try normalizedText(of: .file(path)).prefix(100_000))
    let (expected, found) = (try segmentsByICU(text, options), try segments(of: .text(text), options))
    #expect(expected.count == found.count)
    #expect(zip(expected, found).allSatisfy(areIdentical))
  }

  /// ICU over the whole text at once, and the rule about the blank.
  private func segmentsByICU(_ text: String, _ options: SegmentationOptions) throws -> [String] {
    let iterator = try BreakIterator(options)
    return try Array(text.utf16).withUnsafeBufferPointer { units in
      try iterator.begin(units)
      var found: [String] = []
      var start = 0
      while let end = iterator.next() {
        let segment = String(decoding: units[start..<end], as: UTF16.self)
        if options.level == .word, iterator.isWord, found.last == " " {
          found[found.count - 1] = " " + segment
        } else {
          found.append(segment)
        }
        start = end
      }
      return found
    }
  }

  @Test(arguments: [TokenLevel.character, .word])
  func certainBoundariesAreWhereICUCutsAndCanBeginAnew(level: TokenLevel) throws {
    let options = SegmentationOptions(level: level)
    let iterator = try BreakIterator(options)
    let boundaries = CertainBoundaries(level: level)
    func all(_ units: [UInt16]) throws -> [Int] {
      try units.withUnsafeBufferPointer { buffer in
        try iterator.begin(buffer)
        var found: [Int] = []
        while let next = iterator.next() { found.append(next) }
        return found
      }
    }
    var certainCount = 0
    for seed in 0..<300 {
      var generator = SplitMix(seed: UInt64(5000 + seed))
      let text =
        seed % 2 == 0
        ? AwkwardText.anyScalars(60, using: &generator) : AwkwardText.make(pieces: 60, using: &generator)
      let units = Array(text.utf16)
      let whole = try all(units)
      for index in 1..<units.count where units.withUnsafeBufferPointer({ boundaries.isBoundary($0, index) }) {
        certainCount += 1
        let halves = try all(Array(units[..<index])) + all(Array(units[index...])).map { $0 + index }
        #expect(halves == whole, "seed \(5000 + seed), before unit \(index)")
        if halves != whole { return }
      }
    }
    #expect(certainCount > 5000)
  }

  /// Each scalar beside one of every class, on both sides: what random text could miss.
  @Test(arguments: [TokenLevel.character, .word])
  func certainBoundariesHoldForEachScalar(level: TokenLevel) throws {
    let options = SegmentationOptions(level: level)
    let iterator = try BreakIterator(options)
    let boundaries = CertainBoundaries(level: level)
    let neighbours = Array("a1あ猫カー々ไ한.:,'\"_@- \u{3000}\n\u{301}\u{200D}\u{AD}☕א🇯क".unicodeScalars)
    var wrong: [String] = []
    // All scalars but the great blocks of ideographs and syllables, of which every 64th.
    for value in UInt32(0)..<0x32000 {
      if (0x3400..<0xD7A0).contains(value) || value >= 0x17000, value % 64 != 0 { continue }
      guard let scalar = Unicode.Scalar(value) else { continue }
      var units: [UInt16] = []
      for neighbour in neighbours {
        units += Array(String(scalar).utf16) + Array(String(neighbour).utf16)
      }
      try units.withUnsafeBufferPointer { buffer in
        try iterator.begin(buffer)
        var cuts = Set<Int>()
        while let cut = iterator.next() { cuts.insert(cut) }
        for index in 1..<buffer.count where boundaries.isBoundary(buffer, index) && !cuts.contains(index) {
          wrong.append(String(value, radix: 16) + " before unit \(index)")
        }
      }
    }
    #expect(wrong == [])
  }
}
