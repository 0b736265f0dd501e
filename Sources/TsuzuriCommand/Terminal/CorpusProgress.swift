import Tsuzuri

/// Shows how a corpus becomes tokens.
struct CorpusProgress: Sendable {
  private let screen: Screen
  private let isKept: Bool

  /// - Parameter isKept: whether the tokens stay for the next run.
  init(_ screen: Screen, isKept: Bool = false) {
    self.screen = screen
    self.isKept = isKept
  }

  /// Shows one event.
  func show(_ event: CorpusEvent) {
    switch event {
    case .reading(let bytes, let total):
      let share = total.map { $0 > 0 ? " of \(Figures.bytes($0))" : "" } ?? ""
      screen.show { _ in "tokenizing: \(Figures.bytes(bytes))\(share)" }
    case .buildingVocabulary: screen.show { _ in "tokenizing: choosing the vocabulary" }
    case .writing(let path): if isKept { screen.tell("tokenized; the tokens are kept in \(path)") }
    case .reused(let path): screen.tell("tokenized before; the tokens are in \(path)")
    case .remade(let path, let reason): screen.warn("\(path): the tokens are made again: \(reason)")
    }
  }
}
