import Testing
import TsuzuriKernels

@testable import TsuzuriGeneration

@Suite struct StopMatcherTests {
  /// What each piece lets out; nil after the stop.
  private func outputs(_ stops: [String], _ pieces: [String]) -> [String] {
    var matcher = StopMatcher(stops)
    var outputs: [String] = []
    for piece in pieces {
      let (text, isStopped) = matcher.append(piece)
      outputs.append(text)
      if isStopped { return outputs + ["■"] }
    }
    return outputs + [matcher.finish()]
  }

  @Test func holdsBackOnlyWhatMayBecomeAStopText() {
    #expect(outputs(["abc"], ["xa", "b", "d", "ab"]) == ["x", "", "abd", "", "ab"])
    #expect(outputs(["abc"], ["xa", "b", "cd"]) == ["x", "", "", "■"])
    // After "aba" the last "a" may still begin "abc".
    #expect(outputs(["abc"], ["ab", "ab", "c"]) == ["", "ab", "", "■"])
    #expect(outputs(["aab"], ["a", "a", "a", "b"]) == ["", "", "a", "", "■"])
    #expect(outputs([], ["a", "b"]) == ["a", "b", ""])
  }

  @Test func theFirstCompleteStopTextWins() {
    #expect(outputs(["abcd", "bc"], ["xabcd"]) == ["xa", "■"])
    #expect(outputs(["abcd", "bc"], ["xa", "b", "c", "d"]) == ["x", "", "a", "■"])
    // Completed by the same byte: the longer one.
    #expect(outputs(["c", "abc"], ["xab", "c"]) == ["x", "", "■"])
  }

  @Test func whatMayNotStopYetIsText() {
    var matcher = StopMatcher(["aba"])
    #expect(matcher.append("xaba", mayStop: false) == ("xab", false))
    // What was complete too early may be the beginning of what is complete in time.
    #expect(matcher.append("ba") == ("", true))
    var other = StopMatcher(["ab", "b"])
    #expect(other.append("ab", mayStop: false) == ("ab", false))
    #expect(other.append("xb") == ("x", true))
  }

  @Test func japaneseEndsAtScalars() {
    #expect(outputs(["。」"], ["「猫。", "犬。", "」と"]) == ["「猫", "。犬", "", "■"])
    // 猫 and 犬 begin with different bytes, 猫 and 猪 with the same ones: bytes are held back in whole characters only.
    #expect(outputs(["猫"], ["猪", "猪", "猫"]) == ["猪", "猪", "", "■"])
  }

  @Test(arguments: 0..<300)
  func everyCutGivesThePlainResult(seed: Int) {
    var generator = CounterBasedGenerator(seed: UInt64(seed), stream: 3)
    func random(_ count: Int) -> String {
      String((0..<count).map { _ in "ab猫".randomElement(using: &generator)! })
    }
    let stops = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      random(.random(in: 1...5, using: &generator))
    }
    let text = Array(random(30).unicodeScalars)
    // Plainly: the shortest beginning of the text that ends in a stop text.
    let beginnings = (0...text.count).map { String(String.UnicodeScalarView(text.prefix($0))) }
    let stopped = beginnings.first { beginning in stops.contains { beginning.hasSuffix($0) } }
    let expected = stopped.map { stopped in
      let length = stops.filter { stopped.hasSuffix($0) }.map(\.unicodeScalars.count).max() ?? 0
      return String(String.UnicodeScalarView(stopped.unicodeScalars.dropLast(length))) + "■"
    }
    var pieces: [String] = []
    var rest = text[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...4, using: &generator)
      pieces.append(String(String.UnicodeScalarView(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    #expect(outputs(stops, pieces).joined() == expected ?? beginnings[text.count], "stops \(stops), pieces \(pieces)")
  }
}
