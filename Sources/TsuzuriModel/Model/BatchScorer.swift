internal import TsuzuriKernels

/// Scores many texts side by side, each by itself: −log P(token | the tokens of its text before it).
///
/// Every text begins with a state of zeros after `<eos>`. Each lane takes one text after the other, a new one in the middle of a
/// window too, so that all lanes have something to do until the texts run out. The losses are those of a ``SequenceScorer`` that
/// begins anew with each text, to the last bit: no row of a product depends on the rows beside it.
///
/// - Complexity: one forward pass a token; weights are read once for all lanes.
public final class BatchScorer {
  private let model: LanguageModel
  private let lanes: Int
  private let scoresEndOfText: Bool
  private let pass: WindowPass
  private let inputs, targets: IndexBuffer
  private let losses: FloatBuffer
  private var starts: [Bool]

  /// One lane on its way.
  private struct Lane {
    /// The text, by its number; nil where there is none left.
    var text: Int?
    /// How many of its tokens have been laid out.
    var position = 0
  }

  /// A scorer of texts.
  ///
  /// - Parameters:
  ///   - model: what gives the probabilities; it must have one direction.
  ///   - lanes: how many texts lie side by side.
  ///   - scoresEndOfText: whether `<eos>` inside a text is scored, as at the whitespace level, where it ends lines.
  ///   - threads: how many share a product's columns; the losses do not depend on it. nil for as many as the process may
  ///     use, or one where the model is too small for more.
  public init(model: LanguageModel, lanes: Int, scoresEndOfText: Bool = false, threads: Int? = nil) {
    precondition(lanes > 0, "\(lanes) texts were to lie side by side")
    self.model = model
    self.lanes = lanes
    self.scoresEndOfText = scoresEndOfText
    let time = max(8, min(256, 4096 / lanes))
    pass = WindowPass(
      model.prepared, maximumTime: time, lanes: lanes, restarts: true,
      arithmetic: model.sharedArithmetic(threads: threads))
    inputs = IndexBuffer(count: time * lanes)
    targets = IndexBuffer(count: time * lanes)
    losses = FloatBuffer(count: time * lanes)
    starts = [Bool](repeating: false, count: time * lanes)
  }

  /// The losses of the texts' tokens in nats; 0 for a token that is not scored.
  ///
  /// - Throws: ``ModelError/tokenOutOfRange(id:vocabularySize:)``; then nothing was scored.
  public func score(_ texts: [[Int32]]) throws(ModelError) -> [[Float]] {
    try model.configuration.check(texts.joined())
    // The long ones first: so no lane is left with one when the others have none.
    let order = texts.indices.filter { !texts[$0].isEmpty }.sorted {
      (texts[$1].count, $0) < (texts[$0].count, $1)
    }
    var rest = order[...]
    var results = texts.map { [Float](repeating: 0, count: $0.count) }
    var running = [Lane](repeating: Lane(), count: lanes)
    var places: [(text: Int, position: Int)?] = []
    pass.resetState()
    while true {
      places.removeAll(keepingCapacity: true)
      var time = 0
      while time < pass.maximumTime {
        let before = places.count
        for lane in 0..<lanes { places.append(layOut(&running[lane], texts, &rest, at: time * lanes + lane)) }
        if !places[before...].contains(where: { $0 != nil }) { break }
        time += 1
      }
      if time == 0 { return results }
      run(time: time)
      for (place, token) in places.enumerated() {
        if let token { results[token.text][token.position] = losses.pointer[place] }
      }
    }
  }

  /// Puts a lane's next token at a place of the window; nil where it has none.
  private func layOut(
    _ lane: inout Lane, _ texts: [[Int32]], _ rest: inout ArraySlice<Int>, at place: Int
  ) -> (text: Int, position: Int)? {
    if let text = lane.text, lane.position == texts[text].count { lane.text = nil }
    if lane.text == nil { lane = Lane(text: rest.popFirst()) }
    guard let text = lane.text else {
      (inputs.pointer[place], targets.pointer[place], starts[place]) = (SequenceScorer.endOfText, -1, false)
      return nil
    }
    let (position, token) = (lane.position, texts[text][lane.position])
    starts[place] = position == 0
    inputs.pointer[place] = position == 0 ? SequenceScorer.endOfText : texts[text][position - 1]
    targets.pointer[place] = token == SequenceScorer.endOfText && !scoresEndOfText ? -1 : token
    lane.position += 1
    return (text, position)
  }

  private func run(time: Int) {
    let parameters = UnsafePointer(model.parameters.pointer)
    SignalShield.during {
      starts.withUnsafeBufferPointer { starts in
        pass.forward(ids: inputs.pointer, starts: starts.baseAddress, time: time, parameters: parameters)
      }
      pass.losses(targets: targets.pointer, parameters: parameters, into: losses.pointer)
    }
    pass.carryState(time: time)
  }
}
