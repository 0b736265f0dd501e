internal import TsuzuriModel

/// The operators of a language model: Gather → a recurrent operator a layer → MatMul.
///
/// ONNX Runtime computes recurrent operators in the order [time, batch, features] only, so the ids are transposed when
/// they come in, and the last layer's output before it meets the output projection.
struct ONNXLanguageModelGraph {
  private let model: LanguageModel
  private let configuration: ModelConfiguration
  private let recurrence: ONNXRecurrence
  private var builder = ONNXGraphBuilder(name: "language model")

  /// The graph.
  var graph: ONNXGraph { builder.graph }

  init(_ model: LanguageModel) throws(ExchangeError) {
    self.model = model
    configuration = model.configuration
    recurrence = try ONNXRecurrence(model.configuration)
    addEmbedding()
    splitState()
    var output = "embedded"
    for layer in 0..<configuration.layers { output = addLayer(layer, input: output) }
    joinState()
    addOutputProjection(of: output)
  }

  private mutating func addEmbedding() {
    builder.addInput(
      "input_ids", .int64, [.named("batch"), .named("time")], "token ids; 0 begins a text")
    builder.addWeights(
      ParameterName.embedding, shape: [configuration.vocabularySize, configuration.embeddingSize],
      model.values(of: ParameterName.embedding))
    builder.add("Transpose", ["input_ids"], to: ["ids_by_time"], [("perm", .wholes([1, 0]))])
    builder.add("Gather", [ParameterName.embedding, "ids_by_time"], to: ["embedded"], [("axis", .whole(0))])
  }

  /// The name of a layer's part of the state; with one layer it is the whole.
  private func state(_ name: String, _ layer: Int) -> String {
    configuration.layers == 1 ? name : "\(name)_l\(layer)"
  }

  private func layers(_ name: String) -> [String] { (0..<configuration.layers).map { state(name, $0) } }

  private mutating func splitState() {
    let shape: [ONNXGraphBuilder.Size] = [
      .fixed(configuration.layers), .named("batch"), .fixed(configuration.hiddenSize),
    ]
    if configuration.layers > 1 {
      builder.addWholes("one_for_each_layer", [Int](repeating: 1, count: configuration.layers))
    }
    for part in recurrence.stateNames {
      builder.addInput("state_\(part)", .float32, shape, "the state before the first token; zeros begin a text")
      guard configuration.layers > 1 else { continue }
      builder.add("Split", ["state_\(part)", "one_for_each_layer"], to: layers("state_\(part)"), [("axis", .whole(0))])
    }
  }

  /// Adds a layer; returns the name of its output [time, batch, H].
  private mutating func addLayer(_ layer: Int, input: String) -> String {
    let (H, G) = (configuration.hiddenSize, recurrence.gates.count)
    let blocks = GateBlocks(model: model, layer: layer)
    func name(_ part: String) -> String { ParameterName.recurrent("rnn", part, layer) }
    // The leading 1 is the number of directions.
    builder.addWeights(
      name("W"), shape: [1, G * H, blocks.columns("weight_ih")], blocks.stacked("weight_ih", recurrence.gates))
    builder.addWeights(name("R"), shape: [1, G * H, H], blocks.stacked("weight_hh", recurrence.gates))
    builder.addWeights(
      name("B"), shape: [1, 2 * G * H],
      blocks.stacked("bias_ih", recurrence.gates) + blocks.stacked("bias_hh", recurrence.gates))
    var inputs = [input, name("W"), name("R"), name("B"), ""]
    inputs += recurrence.stateNames.map { state("state_\($0)", layer) }
    if !recurrence.peepholes.isEmpty {
      builder.addWeights(
        name("P"), shape: [1, recurrence.peepholes.count * H],
        recurrence.peepholes.flatMap { model.values(of: blocks.name($0)) })
      inputs.append(name("P"))
    }
    let outputs = [name("Y")] + recurrence.stateNames.map { state("new_state_\($0)", layer) }
    builder.add(
      recurrence.type, inputs, to: outputs, [("hidden_size", .whole(H))] + recurrence.settings)
    if layer == 0 { builder.addWholes("axis_of_directions", [1]) }
    builder.add("Squeeze", [name("Y"), "axis_of_directions"], to: [name("output")])
    guard configuration.isResidual, layer > 0 else { return name("output") }
    builder.add("Add", [name("output"), input], to: [name("sum")])
    return name("sum")
  }

  /// Brings the last layer's output to the width of a tied embedding, where that is another.
  private mutating func projected(_ input: String) -> String {
    guard configuration.projectsFeatures else { return input }
    let name = ParameterName.projection
    builder.addWeights(name, shape: model.layout[name].shape, model.values(of: name))
    builder.add("Transpose", [name], to: ["projection_transposed"], [("perm", .wholes([1, 0]))])
    builder.add("MatMul", [input, "projection_transposed"], to: ["projected"])
    return "projected"
  }

  private mutating func joinState() {
    for part in recurrence.stateNames {
      if configuration.layers > 1 {
        builder.add("Concat", layers("new_state_\(part)"), to: ["new_state_\(part)"], [("axis", .whole(0))])
      }
    }
  }

  private mutating func addOutputProjection(of output: String) {
    let input = projected(output)
    let V = configuration.vocabularySize
    var weight = ParameterName.embedding
    if !configuration.tiesEmbeddings {
      weight = ParameterName.outputWeight
      builder.addWeights(weight, shape: model.layout[weight].shape, model.values(of: weight))
    }
    builder.addWeights(ParameterName.outputBias, shape: [V], model.values(of: ParameterName.outputBias))
    builder.add("Transpose", [input], to: ["output_by_batch"], [("perm", .wholes([1, 0, 2]))])
    builder.add("Transpose", [weight], to: ["output_weight_transposed"], [("perm", .wholes([1, 0]))])
    builder.add("MatMul", ["output_by_batch", "output_weight_transposed"], to: ["sums"])
    builder.add("Add", ["sums", ParameterName.outputBias], to: ["logits"])
    builder.addOutput(
      "logits", .float32, [.named("batch"), .named("time"), .fixed(V)], "of the token that follows each")
    for part in recurrence.stateNames {
      builder.addOutput(
        "new_state_\(part)", .float32,
        [.fixed(configuration.layers), .named("batch"), .fixed(configuration.hiddenSize)],
        "the state after the last token")
    }
  }
}
