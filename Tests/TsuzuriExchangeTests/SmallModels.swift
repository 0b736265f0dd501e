import TsuzuriKernels
import TsuzuriModel
import TsuzuriModelFolder
import TsuzuriText

/// Models for tests: every size another, no weight zero.
enum SmallModels {
  /// A model of that shape with drawn weights, biases included.
  static func network(_ configuration: ModelConfiguration, seed: UInt64 = 5) throws -> LanguageModel {
    try configuration.validate()
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    var generator = CounterBasedGenerator(seed: seed, stream: 1)
    for slice in layout.slices {
      for i in 0..<slice.count { parameters.pointer[slice.offset + i] = Float(generator.nextUniform() * 1.4 - 0.7) }
    }
    return LanguageModel(configuration, layout: layout, parameters: parameters)
  }

  /// The same with a tokenizer of bytes.
  static func text(_ configuration: ModelConfiguration, seed: UInt64 = 5) throws -> TextModel {
    let model = try network(configuration, seed: seed)
    let tokenizer = try Tokenizer(
      vocabulary: .bytes, configuration: TokenizerConfiguration(segmentation: SegmentationOptions(level: .byte)))
    return TextModel(
      model: model, tokenizer: tokenizer,
      description: ModelDescription(
        architecture: configuration, tokenizer: tokenizer.configuration, training: nil))
  }

  /// What the model computes: logits [batch, time, V] for ids [batch][time] from a state, and the state after.
  static func logits(
    of model: LanguageModel, ids: [[Int32]], state: RecurrentState
  ) throws -> (logits: [Float], state: RecurrentState) {
    let session = InferenceSession(model: model, sequences: ids.count)
    session.state = state
    let (V, time) = (model.configuration.vocabularySize, ids[0].count)
    var logits = [Float](repeating: 0, count: ids.count * time * V)
    for t in 0..<time {
      try session.feed(ids.map { $0[t] })
      for lane in ids.indices {
        logits.replaceSubrange(
          (lane * time + t) * V..<(lane * time + t + 1) * V, with: session.logits[lane * V..<(lane + 1) * V])
      }
    }
    return (logits, session.state)
  }

  /// A state of drawn values.
  static func state(_ configuration: ModelConfiguration, lanes: Int) -> RecurrentState {
    var state = RecurrentState(configuration, lanes: lanes)
    var generator = CounterBasedGenerator(seed: 9, stream: 2)
    for i in state.values.indices { state.values[i] = Float(generator.nextUniform() - 0.5) }
    return state
  }
}
