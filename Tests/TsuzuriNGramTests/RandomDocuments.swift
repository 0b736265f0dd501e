import TsuzuriData
import TsuzuriKernels
import TsuzuriNGram

/// A small text of many repetitions, as a stream and as documents.
struct RandomDocuments {
  /// The ids 1 to 8 and a line end of its own, 9, which are all that documents of a spelling vocabulary need.
  static let vocabularySize = 11
  static let lineEnd: Int32 = 9

  /// How a text comes to the estimator.
  enum Kind: CaseIterable {
    /// `<eos>` ends lines, and each line is by itself.
    case closedLines
    /// `<eos>` ends lines, and the context goes on.
    case closedText
    /// A token of its own ends lines, and each line is by itself; `<eos>` stands between two texts.
    case spelledLines
    /// `<eos>` stands between two texts, which are by themselves.
    case spelledText
  }

  let stream: TokenArray
  let documents: [[Int32]]
  let configuration: NGramConfiguration
  let predictsEndOfText: Bool

  init(_ kind: Kind, order: Int, lines: Int = 60, seed: UInt64 = 7) {
    var generator = CounterBasedGenerator(seed: seed, stream: 1)
    // Words that depend on the one before, some lines empty.
    let texts = (0..<lines).map { _ -> [Int32] in
      var last: Int32 = 0
      return (0..<Int.random(in: 0...7, using: &generator)).map { _ in
        last = Bool.random(using: &generator) ? last % 8 + 1 : Int32.random(in: 1...8, using: &generator)
        return last
      }
    }
    var resets: [Int32] = []
    switch kind {
    case .closedLines:
      stream = TokenArray([0] + texts.flatMap { $0 + [0] })
      documents = texts.map { [0] + $0 + [0] }
      resets = [0]
    case .closedText:
      stream = TokenArray([0] + texts.flatMap { $0 + [0] })
      documents = [[0] + texts.flatMap { $0 + [0] }]
    case .spelledLines:
      // Two texts, of which the first ends in a line end.
      let cut = lines / 2
      let ended = texts.map { $0 + [Self.lineEnd] }
      stream = TokenArray([0] + ended[..<cut].flatMap { $0 } + [0] + ended[cut...].flatMap { $0 })
      documents = ended.map { [0] + $0 }
      resets = [0, Self.lineEnd]
    case .spelledText:
      let parts = texts.filter { !$0.isEmpty }
      stream = TokenArray([0] + parts.flatMap { $0 + [0] })
      documents = parts.map { [0] + $0 + [0] }
      resets = [0]
    }
    configuration = NGramConfiguration(order: order, vocabularySize: Self.vocabularySize, resets: resets)
    predictsEndOfText = kind != .spelledLines
  }

  func estimate() throws -> NGramEstimate {
    try NGramEstimate(of: stream, configuration: configuration, predictsEndOfText: predictsEndOfText)
  }

  var plain: PlainKneserNey {
    PlainKneserNey(documents, order: configuration.order, vocabularySize: Self.vocabularySize)
  }
}
