import Foundation
import TsuzuriGeneration
import TsuzuriKernels
import TsuzuriText

/// A model that finds one token after the other overwhelmingly likely, as a script says; `<eos>` after its end.
final class ScriptedModel: NextTokenModel {
  let vocabularySize: Int
  let sequences: Int
  private let scripts: [[Int32]]
  private var position = 0
  private let buffer: UnsafeMutableBufferPointer<Float>
  private(set) var prompt: [Int32] = []
  private(set) var fed: [[Int32]] = []
  /// Called at each step.
  var onFeed: () throws -> Void = {}

  /// One script a sequence.
  init(_ scripts: [[Int32]], vocabularySize: Int) {
    self.scripts = scripts
    self.vocabularySize = vocabularySize
    sequences = scripts.count
    buffer = .allocate(capacity: sequences * vocabularySize)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(buffer) }

  func feedPrompt(_ ids: [Int32]) throws {
    prompt = ids
    show()
  }

  func feed(_ ids: [Int32]) throws {
    try onFeed()
    fed.append(ids)
    position += 1
    show()
  }

  private func show() {
    buffer.update(repeating: 0)
    for (sequence, script) in scripts.enumerated() {
      let id = position < script.count ? script[position] : Vocabulary.endOfText
      buffer[sequence * vocabularySize + Int(id)] = 30
    }
  }
}

/// A model whose logits are a row of a matrix [V, V]: that of the token before.
final class MarkovModel: BranchingModel {
  let vocabularySize: Int
  let sequences: Int
  let rows: [[Float]]
  private let buffer: UnsafeMutableBufferPointer<Float>

  init(rows: [[Float]], sequences: Int) {
    self.rows = rows
    self.sequences = sequences
    vocabularySize = rows.count
    buffer = .allocate(capacity: sequences * rows.count)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(buffer) }

  func feed(_ ids: [Int32]) throws {
    for (sequence, id) in ids.enumerated() { show(id, sequence) }
  }

  func begin(_ sequence: Int, with ids: [Int32]) throws {
    if let id = ids.last { show(id, sequence) }
  }

  func branch(from sources: [Int]) {
    let before = Array(buffer)
    for (sequence, source) in sources.enumerated() {
      for index in 0..<vocabularySize {
        buffer[sequence * vocabularySize + index] = before[source * vocabularySize + index]
      }
    }
  }

  private func show(_ id: Int32, _ sequence: Int) {
    for (index, logit) in rows[Int(id)].enumerated() { buffer[sequence * vocabularySize + index] = logit }
  }
}

/// A model of `<eos>` and some letters whose logits hang on everything before, so that no two texts are equally likely;
/// bytes are all but impossible.
final class HistoryModel: BranchingModel {
  let vocabularySize: Int
  var sequences: Int { histories.count }
  private let seed: UInt64
  private var histories: [[Int32]]
  private let buffer: UnsafeMutableBufferPointer<Float>

  init(seed: UInt64, letters: Int, sequences: Int) {
    self.seed = seed
    vocabularySize = 257 + letters
    histories = [[Int32]](repeating: [], count: sequences)
    buffer = .allocate(capacity: sequences * vocabularySize)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  var logits: UnsafeBufferPointer<Float> { UnsafeBufferPointer(buffer) }

  func feed(_ ids: [Int32]) throws {
    for (sequence, id) in ids.enumerated() { histories[sequence].append(id) }
    for sequence in histories.indices { show(sequence) }
  }

  func begin(_ sequence: Int, with ids: [Int32]) throws {
    histories[sequence] = ids
    show(sequence)
  }

  func branch(from sources: [Int]) {
    histories = sources.map { histories[$0] }
    for sequence in histories.indices { show(sequence) }
  }

  private func show(_ sequence: Int) {
    let row = Self.logits(seed, after: histories[sequence], letters: vocabularySize - 257)
    for (index, logit) in row.enumerated() { buffer[sequence * vocabularySize + index] = logit }
  }

  /// The logits behind some tokens, the `<eos>` before the prompt among them.
  static func logits(_ seed: UInt64, after ids: [Int32], letters: Int) -> [Float] {
    let stream = ids.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var generator = CounterBasedGenerator(seed: seed, stream: stream)
    func random() -> Float { Float.random(in: -2...2, using: &generator) }
    return [random() - 1] + [Float](repeating: -90, count: 256) + (0..<letters).map { _ in random() }
  }
}

/// What the last iteration's model was, for a look at it afterwards. The tests that use it run one iteration on one
/// task at a time.
final class ModelBox<Model>: @unchecked Sendable {
  // SAFETY: see above.
  var model: Model?
}

/// ids and tokenizers for tests.
enum TestText {
  static func tokenizer(_ level: TokenLevel = .character, _ texts: [String] = []) throws -> Tokenizer {
    let kind: Vocabulary.Kind = level == .whitespace ? .closed : .spelling
    return try Tokenizer(
      vocabulary: Vocabulary(kind: kind, texts: texts.map { Array($0.utf8) }),
      configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: level)))
  }

  /// The byte tokens of `text`.
  static func bytes(_ text: String) -> [Int32] { text.utf8.map { Vocabulary.firstByte + Int32($0) } }
}

extension TextGenerator {
  /// A generator that writes `script`, greedily, and the box in which its model can be looked at.
  static func scripted(
    _ scripts: [[Int32]], _ tokenizer: Tokenizer, prompt: String = "", maxTokens: Int = 100, stopTexts: [String] = [],
    onFeed: @escaping @Sendable () throws -> Void = {}
  ) throws -> (TextGenerator, ModelBox<ScriptedModel>) {
    let box = ModelBox<ScriptedModel>()
    let generator = try TextGenerator(
      vocabularySize: tokenizer.vocabulary.count, tokenizer: tokenizer, prompt: prompt,
      options: GenerationOptions(
        rules: .greedy, maxTokens: maxTokens, stopTexts: stopTexts, sampleCount: scripts.count)
    ) {
      let model = ScriptedModel(scripts, vocabularySize: tokenizer.vocabulary.count)
      model.onFeed = onFeed
      box.model = model
      return model
    }
    return (generator, box)
  }
}
