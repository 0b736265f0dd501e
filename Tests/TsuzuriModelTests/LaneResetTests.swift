import Testing
import TsuzuriKernels

@testable import TsuzuriModel

/// Lanes that begin anew inside a window, against passes that run each piece by itself.
struct LaneResetTests {
  /// Every cell, and what changes how one is computed.
  static let shapes: [ModelConfiguration] = {
    var shapes = CellKind.allCases.map { shape($0) }
    shapes += [
      shape(.lstm, projectionSize: 4), shape(.lstm, normalizesGates: true), shape(.gru, isResidual: true),
      shape(.lstm, tiesEmbeddings: true),
    ]
    shapes += CellKind.allCases.filter { $0 != .feedForward }.map { shape($0, learnsInitialState: true) }
    shapes += [
      shape(.lstm, projectionSize: 4, learnsInitialState: true),
      shape(.lstm, normalizesGates: true, learnsInitialState: true),
    ]
    return shapes
  }()

  private static func shape(
    _ cell: CellKind, projectionSize: Int? = nil, normalizesGates: Bool = false, isResidual: Bool = false,
    tiesEmbeddings: Bool = false, learnsInitialState: Bool = false
  ) -> ModelConfiguration {
    ModelConfiguration(
      cell: cell, vocabularySize: 11, embeddingSize: 5, hiddenSize: 7, layers: 2, tiesEmbeddings: tiesEmbeddings,
      projectionSize: projectionSize, normalizesGates: normalizesGates, isResidual: isResidual, context: 4,
      learnsInitialState: learnsInitialState)
  }

  /// A model of that shape whose learned state, if it has one, is not zero.
  static func model(_ shape: ModelConfiguration) throws -> LanguageModel {
    let model = try LanguageModel(untrained: shape, seed: 5)
    for (n, slice) in model.layout.slices.enumerated() where slice.name.contains(".initial_") {
      for i in 0..<slice.count { model.parameters.pointer[slice.offset + i] = Float((3 * i + n) % 5) * 0.2 - 0.3 }
    }
    return model
  }

  private static let (B, T) = (3, 9)
  /// Ends at the window's beginning and end, next to each other, and a lane without any.
  private static let ids: [[Int32]] = [
    [3, 1, 4, 1, 0, 3, 9, 2, 6], [5, 3, 5, 8, 9, 7, 9, 3, 2], [8, 4, 6, 2, 6, 4, 8, 10, 7],
  ]
  private static let targets: [[Int32]] = ids.map { $0.dropFirst() + [3] }

  private func buffer(_ rows: [[Int32]]) -> IndexBuffer {
    let buffer = IndexBuffer(count: rows.count * rows[0].count)
    for (lane, row) in rows.enumerated() {
      for (t, id) in row.enumerated() { buffer.pointer[t * rows.count + lane] = id }
    }
    return buffer
  }

  /// A window's losses, and the gradient of their sum.
  private func run(
    _ configuration: ModelConfiguration, _ model: LanguageModel, inputs: [[Int32]], targets: [[Int32]],
    state: RecurrentState?
  ) -> (losses: [Float], gradient: [Float], state: RecurrentState) {
    let (B, T) = (inputs.count, inputs[0].count)
    let weights = PreparedWeights(configuration, layout: model.layout, for: .training)
    weights.prepareAll(from: model.parameters.pointer, using: .best)
    let pass = WindowPass(weights, maximumTime: T, lanes: B)
    if let state { pass.importState(from: state, firstLane: 0) }
    let (ids, following) = (buffer(inputs), buffer(targets))
    let (losses, gradient) = (FloatBuffer(count: B * T), FloatBuffer(count: model.layout.bufferCount))
    pass.forward(ids: ids.pointer, time: T, parameters: model.parameters.pointer)
    pass.lossesAndGradient(
      targets: following.pointer, scale: 1, parameters: model.parameters.pointer, losses: losses.pointer,
      gradient: gradient.pointer)
    pass.carryState(time: T)
    var end = RecurrentState(configuration, lanes: B)
    pass.exportState(to: &end, firstLane: 0)
    return (Array(losses.all), Array(gradient.all), end)
  }

  @Test(arguments: shapes.filter { $0.cell != .feedForward })
  func eachPieceIsReadAndLearntByItself(shape: ModelConfiguration) throws {
    var lines = shape
    lines.resetTokens = [0, 3]
    let model = try Self.model(shape)
    var state = RecurrentState(shape, lanes: Self.B)
    for index in state.values.indices { state.values[index] = Float(index % 7) * 0.1 - 0.3 }
    let found = run(lines, model, inputs: Self.ids, targets: Self.targets, state: state)

    var gradient = [Double](repeating: 0, count: found.gradient.count)
    for lane in 0..<Self.B {
      let bounds = [0] + (1..<Self.T).filter { [0, 3].contains(Self.ids[lane][$0]) } + [Self.T]
      for (start, end) in zip(bounds, bounds.dropFirst()) {
        var inputs = Array(Self.ids[lane][start..<end])
        let beginsAnew = [0, 3].contains(inputs[0])
        if beginsAnew { inputs[0] = 0 }
        let piece = run(
          shape, model, inputs: [inputs], targets: [Array(Self.targets[lane][start..<end])],
          state: beginsAnew ? nil : state.lane(lane))
        for (t, loss) in zip(start..<end, piece.losses) {
          #expect(abs(found.losses[t * Self.B + lane] - loss) < 2e-6, "lane \(lane), step \(t)")
        }
        for (i, value) in piece.gradient.enumerated() { gradient[i] += Double(value) }
        if end == Self.T {
          #expect(zip(found.state.lane(lane).values, piece.state.values).allSatisfy { abs($0 - $1) < 1e-5 })
        }
      }
    }
    for slice in model.layout.slices {
      for i in slice.offset..<slice.offset + slice.count {
        #expect(
          abs(Double(found.gradient[i]) - gradient[i]) < 4e-6 + 4e-5 * abs(gradient[i]), "\(slice.name)[\(i)]")
      }
    }
    // The ends matter.
    let on = run(shape, model, inputs: Self.ids, targets: Self.targets, state: state)
    #expect(zip(on.losses, found.losses).contains { abs($0 - $1) > 1e-3 })
  }

  /// The same in use, where weights are packed, and one token at a time.
  @Test(arguments: shapes)
  func aModelOfLinesForgetsAtTheirEnds(shape: ModelConfiguration) throws {
    var lines = shape
    lines.resetTokens = [3]
    let plain = try Self.model(shape)
    let model = LanguageModel(lines, layout: plain.layout, parameters: plain.parameters)
    let text: [Int32] = [5, 6, 3, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 8]
    let found = try SequenceScorer(model: model).score(text)
    let pieces: [[Int32]] = [[5, 6, 3], [3], [1, 4, 1, 5, 9, 2, 6, 5, 3], [8]]
    #expect(try found == pieces.flatMap { try SequenceScorer(model: plain).score($0) })
    let session = InferenceSession(model: model)
    let again = InferenceSession(model: plain)
    for id in [0, 5, 6] as [Int32] { try session.feed([id]) }
    try session.feed([3])
    try again.feed([0])
    #expect(Array(session.logits) == Array(again.logits))
    try session.feed([8])
    try again.feed([8])
    #expect(Array(session.logits) == Array(again.logits))
  }

  @Test(arguments: [
    (ModelConfiguration(vocabularySize: 5, isBidirectional: true, resetTokens: [0]), "a bidirectional model"),
    (ModelConfiguration(cell: .feedForward, vocabularySize: 5, resetTokens: [0]), "the cell feed-forward"),
  ])
  func whatCannotBeginAnewIsRefused(configuration: ModelConfiguration, what: String) {
    #expect(
      throws: ModelError.invalidConfiguration(field: "documents", expected: "whole texts for \(what)", found: "lines")
    ) { try configuration.validate() }
  }

  @Test func anEndOutsideTheVocabularyIsRefused() {
    #expect(
      throws: ModelError.invalidConfiguration(field: "tokens that end a text", expected: "ids below 5", found: "7")
    ) { try ModelConfiguration(vocabularySize: 5, resetTokens: [0, 7]).validate() }
  }
}

struct BatchScorerTests {
  private static let texts: [[Int32]] = [
    [1, 2, 3], [], [4], (0..<40).map { $0 * $0 % 10 + 1 }, [5, 5, 5, 0, 7], [3], (0..<17).map { $0 % 4 + 2 },
  ]

  @Test(arguments: LaneResetTests.shapes, [1, 2, 5, 11])
  func textsSideBySideAreScoredAsAlone(shape: ModelConfiguration, lanes: Int) throws {
    let model = try LaneResetTests.model(shape)
    for scoresEnd in [false, true] {
      let found = try BatchScorer(model: model, lanes: lanes, scoresEndOfText: scoresEnd).score(Self.texts)
      let expected = try Self.texts.map { try SequenceScorer(model: model, scoresEndOfText: scoresEnd).score($0) }
      #expect(found == expected)
    }
  }

  @Test(arguments: LaneResetTests.shapes.filter { $0.cell != .feedForward })
  func linesInATextBeginAnewThereToo(shape: ModelConfiguration) throws {
    var lines = shape
    lines.resetTokens = [3]
    let model = try LaneResetTests.model(lines)
    let scorer = BatchScorer(model: model, lanes: 3)
    let expected = try Self.texts.map { try SequenceScorer(model: model).score($0) }
    #expect(try scorer.score(Self.texts) == expected)
    #expect(try scorer.score(Self.texts) == expected)
    #expect(try scorer.score([]) == [])
  }

  @Test func aTokenOutsideTheVocabularyIsRefused() throws {
    let model = try LanguageModel(untrained: ModelConfiguration(vocabularySize: 4, hiddenSize: 3), seed: 5)
    #expect(throws: ModelError.tokenOutOfRange(id: 4, vocabularySize: 4)) {
      try BatchScorer(model: model, lanes: 2).score([[1], [4]])
    }
  }
}
