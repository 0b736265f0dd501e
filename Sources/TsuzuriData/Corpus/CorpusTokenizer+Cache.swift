import Foundation
internal import TsuzuriArchive
internal import TsuzuriText

extension CorpusTokenizer {
  /// Where token files are made, be it for a moment.
  func workFolder() throws -> String {
    guard let cacheFolder else { return FileManager.default.temporaryDirectory.path }
    do {
      try SystemIO.makeFolder(cacheFolder)
    } catch {
      throw CorpusError.cacheFolder(path: cacheFolder, reason: error.reason)
    }
    return cacheFolder
  }

  /// The tokens and the vocabulary that were kept under the fingerprint, if they are there and whole.
  func cached(
    _ fingerprint: Fingerprint, in folder: String, _ source: VocabularySource
  ) -> (tokens: TokenFile, vocabulary: Vocabulary)? {
    guard cacheFolder != nil else { return nil }
    let path = CachePath(folder: folder, fingerprint: fingerprint, isKept: true)
    guard FileManager.default.fileExists(atPath: path.tokens) else { return nil }
    do {
      let tokens = try TokenFile(path: path.tokens)
      let vocabulary =
        if case .given(let vocabulary) = source { vocabulary } else { try Vocabulary(contentsOf: path.vocabulary) }
      guard tokens.fingerprint == fingerprint, tokens.vocabularyFingerprint == vocabulary.fingerprint,
        tokens.vocabularyCount == vocabulary.count
      else { throw TokenFileError.damagedHeader(path: path.tokens) }
      onEvent(.reused(path: path.tokens))
      return (tokens, vocabulary)
    } catch {
      onEvent(.remade(path: path.tokens, reason: "\(error)"))
      return nil
    }
  }
}

/// The names of the files of one corpus.
struct CachePath {
  let tokens: String
  let vocabulary: String
  /// Whether the files stay after use.
  let isKept: Bool

  init(folder: String, fingerprint: Fingerprint, isKept: Bool) {
    let name = isKept ? "\(fingerprint)" : "tsuzuri-\(UUID().uuidString)"
    tokens = "\(folder)/\(name).tokens"
    vocabulary = "\(folder)/\(name).vocabulary.txt"
    self.isKept = isKept
  }
}
