import Tsuzuri

extension Vocabulary {
  /// What is in it, in words.
  var contents: String {
    switch kind {
    case .closed: "<eos>, <unk>, \(Figures.count(count - 2)) words"
    case .spelling: "<eos>, 256 bytes, \(contentsOfText)"
    }
  }

  /// Tokens of one character, and those of words behind them, whose first is where an adaptive softmax can be cut.
  private var contentsOfText: String {
    let texts = Self.firstText..<Int32(count)
    guard let word = texts.first(where: { String(decoding: bytes(of: $0), as: UTF8.self).dropFirst().isEmpty == false })
    else { return "\(Figures.count(texts.count)) of text" }
    return
      "\(Figures.count(Int(word - texts.lowerBound))) characters, \(Figures.count(count - Int(word))) words from token "
      + Figures.count(Int(word))
  }
}
