import Foundation
import Tsuzuri
import TsuzuriModel

/// The memory that sizes given on the command line ask for at least, compared with what there is: a number with some
/// zeros too many should cost a message, and not the machine.
///
/// The estimates are low on purpose. What they let through can still be too much; what they refuse cannot work.
enum MemoryNeed {
  /// Checks the sizes of a training run: weights, gradient, what the optimizer remembers, a copy of all but the gradient for
  /// the checkpoint, and the values of one window.
  ///
  /// - Parameter isSaved: whether there are checkpoints.
  /// - Throws: `CommandError.tooLittleMemory`.
  static func checkTraining(
    _ model: ModelConfiguration, _ training: TrainingConfiguration, isSaved: Bool = true
  ) throws {
    try model.validate()
    let window = Double(training.batchSize) * Double(training.sequenceLength)
    let remembered = training.optimizer.makeOptimizer(parameterCount: 1).stateBuffers.count
    let copies = 2 + remembered + (isSaved ? 1 + remembered : 0)
    try check(
      4 * (Double(copies) * Double(ParameterLayout(model).parameterCount) + window * Double(width(model))),
      "training this model",
      "--hidden-size, --embedding-size, --layers, --vocabulary-size, --batch-size or --sequence-length")
  }

  /// Checks the sizes of a writing run: the weights, and for each text that is written beside others its logits and its state.
  ///
  /// - Parameter options: those that decide how large it is.
  /// - Throws: `CommandError.tooLittleMemory`.
  static func checkWriting(_ model: ModelConfiguration, texts: Int, options: String) throws {
    try model.validate()
    let text = model.vocabularySize + 4 * model.layers * model.hiddenSize
    try check(
      4 * (Double(ParameterLayout(model).parameterCount) + Double(texts) * Double(text)),
      "writing so many texts at once", options)
  }

  /// The same for n-grams, which have the logits alone.
  ///
  /// - Throws: `CommandError.tooLittleMemory`.
  static func checkWriting(_ model: NGramConfiguration, texts: Int, options: String) throws {
    try check(4 * Double(texts) * Double(model.vocabularySize), "writing so many texts at once", options)
  }

  /// Checks the window that a text is measured in: of a bidirectional model all of it is there at once.
  ///
  /// - Throws: `CommandError.tooLittleMemory`.
  static func checkMeasuring(_ model: ModelConfiguration, window: Int) throws {
    guard model.isBidirectional else { return }
    try check(
      4 * (Double(ParameterLayout(model).parameterCount) + Double(window) * Double(width(model))),
      "measuring in so long a window", "--window")
  }

  /// The values that a network keeps of each token of a window.
  private static func width(_ model: ModelConfiguration) -> Int {
    model.embeddingSize + 4 * model.layers * model.hiddenSize * model.stacks.count
  }

  private static func check(_ bytes: Double, _ what: String, _ options: String) throws {
    let available = available
    guard bytes > Double(available) else { return }
    throw CommandError.tooLittleMemory(
      what: what, needed: Int(min(bytes, 1e18)), available: available, options: options)
  }

  /// What the machine has, or what this process is kept to.
  private static var available: Int {
    var limit = rlimit()
    let addresses = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 ? limit.rlim_cur : .max
    let group = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)).flatMap {
      Int($0.prefix { $0.isNumber })
    }
    return min(
      Int(clamping: ProcessInfo.processInfo.physicalMemory), Int(clamping: addresses), group ?? .max)
  }
}
