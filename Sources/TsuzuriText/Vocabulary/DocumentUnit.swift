/// What nothing reaches beyond, neither an n-gram nor a network's state: the unit whose parts predict each other.
public enum DocumentUnit: String, Codable, Sendable, Hashable, CaseIterable {
  /// A whole text: the context goes on from line to line, as that of a recurrent model does.
  case text
  /// A line: each is a sentence by itself, predicted from `<eos>` alone, and its end is predicted, too. This is how the
  /// figures of the literature are made.
  case line
}

extension DocumentUnit {
  /// The tokens behind which the context is `<eos>` alone, in ascending order.
  ///
  /// At the whitespace level `<eos>` itself ends a line, and so means a new document only where documents are lines.
  /// Elsewhere it stands between texts, and a line ends with U+000A, alone or behind U+000D.
  public func resets(in vocabulary: Vocabulary) -> [Int32] {
    switch (self, vocabulary.kind) {
    case (.text, .closed): []
    case (.text, .spelling), (.line, .closed): [Vocabulary.endOfText]
    case (.line, .spelling): [Vocabulary.endOfText] + vocabulary.lineEnds
    }
  }

  /// Whether `<eos>` is among the tokens that are learnt: as a line's end, or as what stands between two texts. Where
  /// lines end with a token of their own, `<eos>` is only what stands before them.
  public func predictsEndOfText(in vocabulary: Vocabulary) -> Bool {
    self == .text || vocabulary.kind == .closed
  }

  /// The tokens in whose place a network's state begins anew: those of ``resets(in:)`` where documents are lines. Where they are
  /// texts there is none, since the state goes on from one to the next.
  public func networkResets(in vocabulary: Vocabulary) -> [Int32] { self == .line ? resets(in: vocabulary) : [] }
}
