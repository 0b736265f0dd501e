internal import TsuzuriKernels

/// What all scorers ask of a model.
extension LanguageModel {
  /// The arithmetic of one pass on so many threads: nil is for all processors, and a model that is too small to be worth a
  /// meeting has one.
  func sharedArithmetic(threads: Int?) -> Arithmetic {
    let threads = isWorthSharing ? threads ?? WorkerPool.availableProcessors : 1
    return Arithmetic(team: threads > 1 ? ProductTeam(threads: threads) : nil)
  }
}

extension ModelConfiguration {
  /// Makes sure that the vocabulary has all of these.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``.
  package func check(_ ids: some Sequence<Int32>) throws(ModelError) {
    for id in ids where id < 0 || Int(id) >= vocabularySize {
      throw .tokenOutOfRange(id: id, vocabularySize: vocabularySize)
    }
  }
}
