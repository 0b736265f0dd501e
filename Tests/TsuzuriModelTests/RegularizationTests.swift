import Testing
import TsuzuriKernels
import _TestSupport

@testable import TsuzuriModel

/// What is dropped, and that only what was kept has a gradient. The penalties and label smoothing stand beside PyTorch's
/// values in `WindowPassTests`.
struct RegularizationTests {
  private let key = DropoutKey(seed: 77, step: 5, firstLane: 3)

  private func dropout(_ probability: Float, isVariational: Bool, width: Int, rows: Int) -> Dropout {
    Dropout(
      probability: probability, isVariational: isVariational, site: 1, width: width, maximumRows: rows, kernels: .best)
  }

  @Test func variationalDropoutDropsTheSameOfALaneAtEveryStep() {
    let (T, B, H) = (7, 5, 67)
    let input = [Float](repeating: 1, count: T * B * H)
    var (apart, inPlace) = ([Float](repeating: 9, count: input.count), input)
    let (first, second) = (
      dropout(0.4, isVariational: true, width: H, rows: T * B), dropout(0.4, isVariational: true, width: H, rows: T * B)
    )
    first.forward(input, into: &apart, time: T, lanes: B, key: key)
    inPlace.withUnsafeMutableBufferPointer { buffer in
      guard let values = buffer.baseAddress else { return }
      second.forward(values, into: values, time: T, lanes: B, key: key)
    }
    #expect(apart == inPlace)
    let lane = { (t: Int, b: Int) in Array(apart[(t * B + b) * H..<(t * B + b + 1) * H]) }
    for b in 0..<B { for t in 1..<T { #expect(lane(t, b) == lane(0, b)) } }
    #expect(Set((0..<B).map { lane(0, $0) }).count == B, "lanes differ")
    let largest = apart.max() ?? 0
    #expect(Set(apart) == [0, largest])
    #expect(abs(largest - 1 / 0.6) < 1e-6)
    // The gradient goes where the values went.
    var gradient = input
    first.backward(&gradient, rows: T * B)
    #expect(gradient == apart)
    // The first step is that of ordinary dropout, which draws anew at the second.
    var ordinary = input
    dropout(0.4, isVariational: false, width: H, rows: T * B).forward(
      input, into: &ordinary, time: T, lanes: B, key: key)
    #expect(ordinary[..<(B * H)] == apart[..<(B * H)])
    #expect(ordinary[(B * H)...] != apart[(B * H)...])
  }

  /// A mask that stayed as it was would prune the model for good.
  @Test func everyStepAndEverySeedDropsOtherElements() {
    let (T, B, H) = (2, 3, 67)
    func mask(_ key: DropoutKey, isVariational: Bool) -> [Float] {
      var values = [Float](repeating: 1, count: T * B * H)
      dropout(0.4, isVariational: isVariational, width: H, rows: T * B)
        .forward([Float](repeating: 1, count: T * B * H), into: &values, time: T, lanes: B, key: key)
      return values
    }
    let others = [
      DropoutKey(seed: 77, step: 6, firstLane: 3), DropoutKey(seed: 78, step: 5, firstLane: 3),
      DropoutKey(seed: 77, step: 5, firstLane: 9),
    ]
    for isVariational in [true, false] {
      #expect(mask(key, isVariational: isVariational) == mask(key, isVariational: isVariational))
      for other in others {
        #expect(mask(other, isVariational: isVariational) != mask(key, isVariational: isVariational), "\(other)")
      }
    }
  }

  @Test func everyStepSeedAndLayerDropsOtherWeights() {
    let configuration = ModelConfiguration(
      vocabularySize: 11, embeddingSize: 7, hiddenSize: 7, layers: 2, regularization: Regularization(weightDropout: 0.4)
    )
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = 1 }
    func masks(_ key: DropoutKey) -> [[Float]] {
      let weights = PreparedWeights(configuration, layout: layout, for: .training)
      weights.prepareAll(from: parameters.pointer, dropout: key, using: .best)
      return weights.weightDropouts.map { Array($0.masked.all) }
    }
    let found = masks(key)
    #expect(found.count == 2 && found[0] != found[1] && found.allSatisfy { $0.contains(0) })
    // What a mask is does not depend on the lanes.
    #expect(masks(DropoutKey(seed: 77, step: 5, firstLane: 9)) == found)
    for other in [DropoutKey(seed: 77, step: 6, firstLane: 3), DropoutKey(seed: 78, step: 5, firstLane: 3)] {
      let changed = masks(other)
      #expect(changed[0] != found[0] && changed[1] != found[1], "\(other)")
    }
  }

  @Test func tokensAreDroppedAsOftenAsAskedAndEverywhereAlike() throws {
    let configuration = ModelConfiguration(
      vocabularySize: 20_000, regularization: Regularization(embeddingDropout: 0.3))
    let dropout = try #require(TokenDropout(configuration))
    let factors = (0..<20_000).map { dropout.factor(ofToken: $0, key: key) }
    #expect(Set(factors).count == 2 && factors.contains(0))
    let largest = factors.max() ?? 0
    #expect(abs(largest - 1 / 0.7) < 1e-6)
    // Three standard deviations of the share that is dropped.
    let dropped = factors.filter { $0 == 0 }.count
    let deviation = (0.3 * 0.7 / 20_000).squareRoot()
    #expect(abs(Double(dropped) / 20_000 - 0.3) < 3 * deviation)
    let elsewhere = DropoutKey(seed: 77, step: 5, firstLane: 0)
    #expect((0..<20_000).allSatisfy { dropout.factor(ofToken: $0, key: elsewhere) == factors[Int($0)] })
    let next = DropoutKey(seed: 77, step: 6, firstLane: 3)
    #expect((0..<20_000).contains { dropout.factor(ofToken: $0, key: next) != factors[Int($0)] })
  }

  /// A model whose rows were scaled by hand, and whose gradient is then scaled the same way.
  @Test(arguments: try lstmReferences(), [true, false])
  func droppedTokensAreRowsOfZeros(reference: LSTMReference, allowsLookup: Bool) throws {
    let regularization = Regularization(embeddingDropout: 0.4)
    let (dropping, scaled) = (
      ReferenceModel(reference, regularization: regularization), ReferenceModel(reference, arithmetic: Arithmetic())
    )
    (dropping.pass.allowsLookup, scaled.pass.allowsLookup) = (allowsLookup, allowsLookup)
    // Of a tied matrix see below.
    if reference.isTied { return }
    let dropout = try #require(TokenDropout(dropping.configuration))
    let slice = scaled.layout["embedding.weight"]
    let factors = (0..<reference.vocabularySize).map { dropout.factor(ofToken: Int32($0), key: key) }
    #expect(factors.contains(0) && factors.contains { $0 > 1 })
    for i in 0..<slice.count { scaled.parameters.pointer[slice.offset + i] *= factors[i / reference.embeddingSize] }
    let losses = (dropping.forwardAndBackward(dropout: key), scaled.forwardAndBackward())
    #expect(abs(losses.0 - losses.1) < 1e-7)
    for i in 0..<scaled.gradient.count {
      let isEmbedding = (slice.offset..<slice.offset + slice.count).contains(i)
      let factor = isEmbedding ? factors[(i - slice.offset) / reference.embeddingSize] : 1
      let expected = factor * scaled.gradient.pointer[i]
      #expect(abs(dropping.gradient.pointer[i] - expected) < 1e-6)
    }
  }

  /// A tied matrix is scaled where it is read, and not where it is the output's: as in a model that has the two apart, whose
  /// gradients are then added.
  @Test(arguments: [true, false])
  func droppedTokensOfATiedMatrixStayInTheOutput(allowsLookup: Bool) throws {
    let (V, H, B, T) = (11, 6, 3, 5)
    let tied = ModelConfiguration(
      vocabularySize: V, embeddingSize: H, hiddenSize: H, layers: 2, tiesEmbeddings: true,
      regularization: Regularization(embeddingDropout: 0.4))
    var apart = tied
    (apart.tiesEmbeddings, apart.regularization) = (false, Regularization())
    let (tiedLayout, apartLayout) = (ParameterLayout(tied), ParameterLayout(apart))
    let (own, two) = (FloatBuffer(count: tiedLayout.bufferCount), FloatBuffer(count: apartLayout.bufferCount))
    for i in 0..<own.count { own.pointer[i] = Float(i * 7919 % 1013) / 900 - 0.5 }
    let factors = try (0..<V).map { try #require(TokenDropout(tied)).factor(ofToken: Int32($0), key: key) }
    #expect(factors.contains(0) && factors.contains { $0 > 1 })
    for slice in apartLayout.slices {
      let source = tiedLayout[slice.name == "output.weight" ? "embedding.weight" : slice.name]
      for i in 0..<slice.count {
        let factor = slice.name == "embedding.weight" ? factors[i / H] : 1
        two.pointer[slice.offset + i] = own.pointer[source.offset + i] * factor
      }
    }
    let (ids, targets) = (IndexBuffer(count: T * B), IndexBuffer(count: T * B))
    // Six of them, where seven would be too many for the look-up.
    for i in 0..<T * B { (ids.pointer[i], targets.pointer[i]) = (Int32(i * 5 % 6), Int32(i * 7 % V)) }
    #expect(factors.prefix(6).contains(0) && factors.prefix(6).contains { $0 > 1 })
    func run(_ shape: ModelConfiguration, _ layout: ParameterLayout, _ parameters: FloatBuffer, _ key: DropoutKey?) -> (
      losses: [Float], gradient: FloatBuffer
    ) {
      let weights = PreparedWeights(shape, layout: layout, for: .training)
      weights.prepareAll(from: parameters.pointer, using: .best)
      let pass = WindowPass(weights, maximumTime: T, lanes: B)
      pass.allowsLookup = allowsLookup
      let gradient = FloatBuffer(count: layout.bufferCount)
      var losses = [Float](repeating: 0, count: T * B)
      pass.forward(ids: ids.pointer, time: T, parameters: parameters.pointer, dropout: key)
      #expect(pass.encoder.embedding.usesLookup == allowsLookup)
      pass.lossesAndGradient(
        targets: targets.pointer, scale: 0.1, parameters: parameters.pointer, losses: &losses,
        gradient: gradient.pointer)
      return (losses, gradient)
    }
    let found = run(tied, tiedLayout, own, key)
    let expected = run(apart, apartLayout, two, nil)
    for (a, b) in zip(found.losses, expected.losses) { #expect(abs(a - b) < 2e-6) }
    let (embedding, output) = (apartLayout["embedding.weight"], apartLayout["output.weight"])
    for slice in tiedLayout.slices {
      for i in 0..<slice.count {
        var gradient = expected.gradient.pointer[apartLayout[slice.name].offset + i]
        if slice.name == "embedding.weight" {
          gradient =
            factors[i / H] * expected.gradient.pointer[embedding.offset + i]
            + expected.gradient.pointer[output.offset + i]
        }
        #expect(abs(found.gradient.pointer[slice.offset + i] - gradient) < 2e-6, "\(slice.name) \(i)")
      }
    }
  }

  /// A model whose matrices were masked by hand, and whose gradient is then masked the same way.
  @Test(arguments: [
    (CellKind.lstm, nil, false), (.gru, nil, false), (.gruResetBefore, nil, false), (.rnn, nil, false),
    (.rnnReLU, nil, false), (.lstm1997, nil, false), (.lstmPeephole, nil, false), (.lstmCoupled, nil, false),
    (.lstm, 4, false), (.lstm, nil, true),
  ])
  func droppedWeightsAreNotReadAndHaveNoGradient(cell: CellKind, projection: Int?, isNormalized: Bool) throws {
    let (V, B, T) = (11, 3, 6)
    var configuration = ModelConfiguration(
      cell: cell, vocabularySize: V, embeddingSize: 5, hiddenSize: 7, layers: 2,
      regularization: Regularization(weightDropout: 0.4))
    configuration.projectionSize = projection
    configuration.normalizesGates = isNormalized
    let layout = ParameterLayout(configuration)
    let parameters = FloatBuffer(count: layout.bufferCount)
    for i in 0..<parameters.count { parameters.pointer[i] = Float(i * 7919 % 1013) / 900 - 0.5 }
    let (ids, targets) = (IndexBuffer(count: T * B), IndexBuffer(count: T * B))
    for i in 0..<T * B { (ids.pointer[i], targets.pointer[i]) = (Int32(i * 5 % V), Int32(i * 7 % V)) }
    func gradient(_ weights: PreparedWeights, _ parameters: FloatBuffer) -> (losses: [Float], values: FloatBuffer) {
      let pass = WindowPass(weights, maximumTime: T, lanes: B)
      let gradient = FloatBuffer(count: layout.bufferCount)
      var losses = [Float](repeating: 0, count: T * B)
      pass.forward(ids: ids.pointer, time: T, parameters: parameters.pointer)
      pass.lossesAndGradient(
        targets: targets.pointer, scale: 0.1, parameters: parameters.pointer, losses: &losses,
        gradient: gradient.pointer)
      return (losses, gradient)
    }
    let dropping = PreparedWeights(configuration, layout: layout, for: .training)
    dropping.prepareAll(from: parameters.pointer, dropout: key, using: .best)
    let found = gradient(dropping, parameters)
    for mask in dropping.weightDropouts {
      mask.mask(found.values.pointer, in: 0..<mask.slice.offset + 20, using: .best)
      mask.mask(found.values.pointer, in: mask.slice.offset + 20..<layout.bufferCount, using: .best)
    }
    let masked = FloatBuffer(count: layout.bufferCount)
    masked.pointer.update(from: parameters.pointer, count: masked.count)
    var factors = [Float](repeating: 1, count: masked.count)
    #expect(dropping.weightDropouts.count == 2)
    for dropout in dropping.weightDropouts {
      for i in 0..<dropout.slice.count {
        let place = dropout.slice.offset + i
        factors[place] = dropout.masked.pointer[i] / parameters.pointer[place]
        masked.pointer[place] = dropout.masked.pointer[i]
      }
    }
    #expect(factors.contains(0) && factors.contains { abs($0 - 1 / 0.6) < 1e-4 })
    configuration.regularization = Regularization()
    let plain = PreparedWeights(configuration, layout: layout, for: .training)
    plain.prepareAll(from: masked.pointer, using: .best)
    let expected = gradient(plain, masked)
    #expect(found.losses == expected.losses)
    for i in 0..<masked.count {
      let masked = factors[i] * expected.values.pointer[i]
      #expect(abs(found.values.pointer[i] - masked) < 1e-5)
    }
  }

  @Test(arguments: [
    (Regularization(inputDropout: 1), "input dropout", "a number from 0 up to, not including, 1", "1.0"),
    (Regularization(weightDropout: -0.5), "weight dropout", "a number from 0 up to, not including, 1", "-0.5"),
    (Regularization(labelSmoothing: .nan), "label smoothing", "a number from 0 up to, not including, 1", "nan"),
    (Regularization(activationPenalty: -1), "activation regularisation", "a finite number, 0 or more", "-1.0"),
    (
      Regularization(temporalPenalty: .infinity), "temporal activation regularisation", "a finite number, 0 or more",
      "inf"
    ),
  ])
  func numbersThatCannotBeAreRefused(regularization: Regularization, field: String, expected: String, found: String) {
    let configuration = ModelConfiguration(vocabularySize: 9, regularization: regularization)
    #expect(throws: ModelError.invalidConfiguration(field: field, expected: expected, found: found)) {
      try configuration.validate()
    }
  }

  @Test func weightsThatACellLacksCannotBeDropped() {
    let configuration = ModelConfiguration(
      cell: .minGRU, vocabularySize: 9, regularization: Regularization(weightDropout: 0.5))
    let error = #expect(throws: ModelError.self) { try configuration.validate() }
    #expect(
      error?.description
        == "the model's weight dropout: expected 0 for the cell min-gru, which has no matrix from state to state, found 0.5."
    )
  }
}
