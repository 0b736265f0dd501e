import Tsuzuri
import TsuzuriKernels
import TsuzuriModel
import TsuzuriTraining

/// How fast a training step could be: its matrix products at the best rate that this machine was seen to reach for their
/// shapes, and then its memory traffic at the measured bandwidth, with nothing for all the rest.
///
/// The traffic, in values of four bytes each, counted as if no cache kept one from use to use:
///
/// - parameters, 4 each: the pass reads them forwards and backwards, the optimizer reads and writes them;
/// - gradients, 3 each: written, read for the norm, read for the update; none for an embedding with a matrix of its own, of
///   whose rows few are read;
/// - the optimizer's moments, 2 each: read and written;
/// - activations, 4 each: written and read forwards, and their gradients backwards. A token has E of them, and in each
///   layer as many as `weight_ih` has rows and the state has values. Logits are used up block by block and not counted.
struct Roofline {
  /// The time of a step's products, and of its traffic, in seconds.
  var productSeconds: Double
  var memorySeconds: Double
  /// The bytes of a step.
  var memoryBytes: Double
  /// The tokens of a step.
  var tokens: Double

  /// What the step would come to.
  var tokensPerSecond: Double { tokens / (productSeconds + memorySeconds) }

  init(_ run: TrainingBenchmark, rates: MachineRates) {
    let steps = Double(run.steps)
    productSeconds = run.products.reduce(0) { $0 + $1.operations / rates.rate(of: $1.shape) } / steps
    tokens = Double(run.tokens) / steps
    let layout = ParameterLayout(run.model)
    let embedding = run.model.tiesEmbeddings ? 0 : layout[ParameterName.embedding].count
    let parameters =
      Double(layout.parameterCount) * Double(4 + 2 * run.momentCount) + Double(layout.parameterCount - embedding) * 3
    let inputRows = layout.slices.filter { $0.name.contains(".weight_ih_") }.reduce(0) { $0 + $1.shape[0] }
    let states = RecurrentState(run.model, lanes: 1).widths.reduce(0, +)
    let activations = tokens * Double(4 * (run.model.embeddingSize + inputRows + states))
    memoryBytes = (parameters + activations) * Double(MemoryLayout<Float>.stride)
    memorySeconds = memoryBytes / rates.bandwidth
  }

  func json(reached: Double) -> JSON {
    .object([
      ("tokens_per_second", .number(tokensPerSecond)), ("share", .number(reached / tokensPerSecond)),
      ("product_seconds", .number(productSeconds)), ("memory_seconds", .number(memorySeconds)),
      ("memory_bytes", .number(memoryBytes)),
    ])
  }

  func lines(reached: Double) -> [(name: String, value: String)] {
    func milliseconds(_ seconds: Double) -> String { "\(Figures.decimals(seconds * 1e3, 2)) ms a step" }
    return [
      ("roofline, products", milliseconds(productSeconds)),
      ("roofline, memory", "\(milliseconds(memorySeconds)) for \(Figures.bytes(Int(memoryBytes)))"),
      ("roofline, tokens per second", Figures.rate(tokensPerSecond)),
      ("of the roofline", "\(Figures.decimals(100 * reached / tokensPerSecond, 1)) %"),
    ]
  }
}
