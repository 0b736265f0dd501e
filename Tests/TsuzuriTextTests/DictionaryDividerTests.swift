import Testing

@testable import TsuzuriText

/// The divider finds ICU's words, and where it does not know ICU's version there is none.
@Suite struct DictionaryDividerTests {
  /// The ends of the words of a run by ICU alone.
  private func endsByICU(_ units: [UInt16], _ iterator: BreakIterator) throws -> [Int] {
    try units.withUnsafeBufferPointer { buffer in
      try iterator.begin(buffer)
      var ends: [Int] = []
      while let end = iterator.next() { ends.append(end) }
      return ends
    }
  }

  private func ends(_ units: [UInt16], _ divider: DictionaryDivider) -> [Int] {
    units.withUnsafeBufferPointer { divider.divide($0) }
    return divider.ends.reversed().map(Int.init)
  }

  private func divider(locale: String = "ja") -> DictionaryDivider? {
    if ICUVersion.major != DictionaryDivider.knownVersion {
      #expect(DictionaryDivider(locale: locale) == nil)
      print("skipped: ICU \(ICUVersion.current) is asked for every word")
      return nil
    }
    let divider = DictionaryDivider(locale: locale)
    #expect(divider != nil)
    return divider
  }

  @Test(arguments: ["ja", "zh", "en", "und"])
  func wordsOfRandomRunsAreICUs(locale: String) throws {
    guard let divider = divider(locale: locale) else { return }
    let iterator = try BreakIterator(SegmentationOptions(level: .word, locale: locale))
    // Common words beside scalars that seldom stand in any.
    let words = [
      "外国", "人", "参政", "権", "吾輩", "は", "猫", "である", "東京", "都", "大学院", "の", "に", "を", "こと", "という", "しました", "ワード",
      "コンピュータ", "ー", "ヴェ", "一二三", "中华人民共和国", "学生", "国際連合",
    ].map { Array($0.utf16) }
    let ranges: [ClosedRange<UInt16>] = [0x3041...0x3096, 0x30A1...0x30FA, 0x30FC...0x30FC, 0x4E00...0x9FFF]
    for seed in 0..<600 {
      var generator = SplitMix(seed: UInt64(70_000 + seed))
      var units: [UInt16] = []
      for _ in 0..<Int.random(in: 1...80, using: &generator) {
        if Bool.random(using: &generator) {
          units += words.randomElement(using: &generator) ?? []
        } else {
          units.append(UInt16.random(in: ranges[Int.random(in: 0..<4, using: &generator)], using: &generator))
        }
      }
      let isSame = try ends(units, divider) == endsByICU(units, iterator)
      #expect(isSame, "seed \(70_000 + seed): \(String(decoding: units, as: UTF16.self))")
      if !isSame { return }
    }
  }

  @Test func eachUnitAloneAndBetweenOthersIsDividedAsICUDoes() throws {
    guard let divider = divider() else { return }
    let iterator = try BreakIterator(SegmentationOptions(level: .word))
    var wrong: [String] = []
    for unit in UInt16(0x3041)...0x9FFF where DictionaryDivider.takes(unit) {
      for text in [[unit], Array("猫".utf16) + [unit] + Array("が".utf16), [unit, unit, 0x30A2, unit]]
      where try ends(text, divider) != endsByICU(text, iterator) {
        wrong.append(String(decoding: text, as: UTF16.self))
      }
    }
    #expect(wrong == [])
  }

  /// The lengths at which costs change: 8 katakana, 20 katakana, words of 20 units.
  @Test func lengthsAtWhichCostsChangeAreICUs() throws {
    guard let divider = divider() else { return }
    let iterator = try BreakIterator(SegmentationOptions(level: .word))
    for count in 0...45 {
      for (before, after) in [("", ""), ("猫", "の"), ("あ", "ー")] {
        for piece in ["ヌ", "ア", "ー", "コンピュータ", "お", "亜"] {
          let middle = Array(repeating: Array(piece.utf16), count: count).flatMap { $0 }.prefix(count)
          let text = Array(before.utf16) + middle + Array(after.utf16)
          if text.isEmpty { continue }
          #expect(
            try ends(text, divider) == endsByICU(text, iterator), "\(String(decoding: text, as: UTF16.self))")
        }
      }
    }
  }

  @Test func aLocaleThatAsksForOtherWordsIsLeftToICU() {
    #expect(DictionaryDivider(locale: "ja@lw=phrase") == nil)
    #expect(DictionaryDivider(locale: "ja-u-lw-phrase") == nil)
  }

  /// A whole novel's worth of stories, and what is not Japanese beside Japanese.
  @Test(arguments: [
    "ja/aozora4.train.txt", "ja/aozora4.test.txt", "ja/aozora4.colophons.txt", "jaen/tatoeba_mixed.train.txt",
  ])
  func wordsOfRealTextAreICUs(name: String) throws {
    guard let path = Corpora.path(name) else { return }
    let options = SegmentationOptions(level: .word)
    var reader = try TextBlockReader(.file(path), text: TextOptions(), segmentation: options)
    let (segmenter, iterator) = (try Segmenter(options), try BreakIterator(options))
    var count = 0
    while let block = try reader.next() {
      let found = try segmenter.segments(of: block).map { Int($0.end) }
      var expected: [Int] = []
      try block.units.withUnsafeBufferPointer { units in
        try iterator.begin(units)
        var start = 0
        while let end = iterator.next() {
          // One blank belongs to the word behind it.
          let joins =
            iterator.isWord && start - (expected.dropLast().last ?? 0) == 1 && units[max(0, start - 1)] == 0x20
          if joins { expected.removeLast() }
          expected.append(end)
          start = end
        }
      }
      count += found.count
      #expect(found == expected, "block \(block.index)")
      if found != expected { return }
    }
    #expect(count > 100_000)
  }
}
