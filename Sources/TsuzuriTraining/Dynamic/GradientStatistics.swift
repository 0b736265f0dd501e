internal import TsuzuriArchive
public import TsuzuriData
package import TsuzuriKernels
public import TsuzuriModel

/// How large the gradient of each parameter usually is: what dynamic evaluation needs to know of training.
///
///     RMS = √(mean over windows of g²)
///
/// g is the gradient of a window's mean loss with the trained weights, without dropout and penalties. A window has some lanes
/// side by side, each from another place of the text, whose state is carried from window to window. The mean over more tokens
/// has a smaller gradient, so lanes and window are a part of the unit in which η is told: the defaults are those of the
/// paper's authors' program.
///
/// Source: Krause, Kahembwe, Murray & Renals 2018, "Dynamic evaluation of neural sequence models", eq. 6.
public struct GradientStatistics: Sendable {
  /// How many lanes lie side by side, where nobody asks for another number.
  public static let lanes = 100
  /// How many tokens are looked at, where nobody asks for another number of windows.
  public static let tokens = 200_000

  /// RMS in a flat buffer of the layout, which nobody changes any more.
  package let roots: FloatBuffer
  /// The mean of RMS over all parameters.
  public let mean: Double
  /// Of so many tokens' mean loss each gradient was: lanes times window.
  public let tokensPerGradient: Int
  private let configuration: ModelConfiguration

  /// Goes through windows of a text.
  ///
  /// - Parameters:
  ///   - model: the trained model, with one direction and weights of single precision.
  ///   - tokens: its training text.
  ///   - range: the part of it that is looked at; nil for all.
  ///   - lanes: how many lanes lie side by side; fewer where the text is too short for them.
  ///   - window: how many tokens of each lane a window has; fewer where the text has no more.
  ///   - windows: how many windows at most; nil for as many as ``tokens`` are.
  ///   - shares: into how many shares the lanes are divided, in which order sums are formed.
  ///   - threads: how many threads work; the result does not depend on it.
  ///   - goesOn: is asked before each window, of the part that is done; false gives up.
  /// - Returns: nil where it was given up.
  /// - Throws: `LaneError` for a text of fewer than two tokens.
  /// - Complexity: a training step for each window.
  public init?(
    of model: LanguageModel, on tokens: any TokenSequence, range: Range<Int>? = nil,
    lanes: Int = GradientStatistics.lanes, window: Int = DynamicScorer.Options.window, windows: Int? = nil,
    shares: Int = 2, threads: Int = 1,
    goesOn: (Double) -> Bool = { _ in true }
  ) throws {
    try self.init(
      model.configuration, parameters: model.parameters, on: tokens, range: range ?? 0..<tokens.count, lanes: lanes,
      window: window, windows: windows, shares: shares, threads: threads, goesOn: goesOn)
  }

  /// The same for weights that are no model yet.
  init?(
    _ configuration: ModelConfiguration, parameters: FloatBuffer, on tokens: any TokenSequence, range: Range<Int>,
    lanes: Int, window: Int, windows: Int?, shares: Int, threads: Int, goesOn: (Double) -> Bool
  ) throws {
    let window = max(1, min(window, range.count - 1))
    let lanes = max(1, min(lanes, (range.count - 1) / window))
    let batcher = try LaneBatcher(tokens: tokens, range: range, lanes: lanes, window: window)
    let squares = SquareSums(parameterCount: parameters.count)
    let step = TrainingStep(
      configuration.withoutRegularization,
      training: TrainingConfiguration(
        batchSize: lanes, sequenceLength: window, clipping: GradientClipping(), shares: shares),
      parameters: parameters, pool: WorkerPool(threads: threads), optimizer: squares)
    let count = min(windows ?? max(1, Self.tokens / (lanes * window)), batcher.stepCount)
    for number in 0..<count {
      guard goesOn(Double(number) / Double(count)) else { return nil }
      _ = try step.run(batcher, window: number, step: number, learningRate: 0)
    }
    self.init(roots: squares.roots, tokensPerGradient: lanes * window, configuration: configuration)
  }

  init(roots: FloatBuffer, tokensPerGradient: Int, configuration: ModelConfiguration) {
    self.roots = roots
    self.tokensPerGradient = tokensPerGradient
    self.configuration = configuration
    let layout = ParameterLayout(configuration)
    var sum = 0.0
    for value in roots.all { sum += Double(value) }
    mean = sum / Double(layout.parameterCount)
  }

  /// Reads what ``write(to:followingLinks:)`` wrote for a model of that configuration.
  ///
  /// - Throws: `ArchiveError` for a file that is damaged or holds other tensors, `ModelError` for one whose numbers cannot be.
  public init(contentsOf path: String, configuration: ModelConfiguration) throws {
    let layout = ParameterLayout(configuration)
    let file = try SafetensorsFile(path: path)
    let roots = try layout.readParameters(from: file, path: path)
    let advice = "Make the statistics again with 'tsuzuri evaluate --dynamic-statistics'."
    guard let tokens = file.metadata[Self.tokensPerGradientKey].flatMap(Int.init), tokens > 0 else {
      throw ModelError.unusableFile(
        path: path, reason: "it does not say of how many tokens each gradient was, by which a rate is told",
        advice: advice)
    }
    for slice in layout.slices {
      let values = UnsafeBufferPointer(start: roots.pointer + slice.offset, count: slice.count)
      if values.contains(where: { $0 < 0 }) {
        throw ModelError.unusableFile(
          path: path, reason: "the tensor \(slice.name) holds a number below zero, which no root of a mean square is",
          advice: advice)
      }
    }
    self.init(roots: roots, tokensPerGradient: tokens, configuration: configuration)
  }

  private static let tokensPerGradientKey = "tokens_per_gradient"

  /// Writes a safetensors file with a tensor for each of the model's, of the same name and shape.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - followingLinks: whether what a link leads to is replaced, and not the link.
  /// - Throws: `ArchiveError.unwritable`; what stood at `path` before is then unchanged.
  public func write(to path: String, followingLinks: Bool = true) throws {
    let metadata = [
      "format": "pt", "content": "root mean squares of gradients", Self.tokensPerGradientKey: "\(tokensPerGradient)",
    ]
    let writer = ParameterLayout(configuration).writer(for: roots, metadata: metadata)
    try withExtendedLifetime(roots) { try writer.write(to: path, followingLinks: followingLinks) }
  }

  /// RMS of one tensor, row-major.
  public func values(of name: String) -> [Float] {
    let slice = ParameterLayout(configuration)[name]
    return Array(UnsafeBufferPointer(start: roots.pointer + slice.offset, count: slice.count))
  }
}

// SAFETY: sums are written in ranges that do not overlap; `stepCount` changes between the parallel parts of steps only.
/// What stands in an optimizer's place where gradients are only looked at: it changes nothing, and sums their squares.
private final class SquareSums: Optimizer, @unchecked Sendable {
  let parameterCount: Int
  private(set) var stepCount = 0
  private let sums: FloatBuffer

  init(parameterCount: Int) {
    self.parameterCount = parameterCount
    sums = FloatBuffer(count: parameterCount)
  }

  var stateBuffers: [OptimizerStateBuffer] { [] }
  func beginStep(learningRate: Double, gradientScale: Double) { stepCount += 1 }
  func setStepCount(_ count: Int) { stepCount = count }

  func update(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>, in range: Range<Int>
  ) {
    check(parameters, gradients, range)
    guard let gradient = gradients.baseAddress else { return }
    let sums = sums.pointer + range.lowerBound
    for i in 0..<range.count { sums[i] += gradient[i] * gradient[i] }
  }

  /// The roots of the means of the squares. Called once, at the end.
  var roots: FloatBuffer {
    let part = 1 / Float(max(1, stepCount))
    for i in 0..<parameterCount { sums.pointer[i] = (sums.pointer[i] * part).squareRoot() }
    return sums
  }
}

extension ModelConfiguration {
  /// The same network, trained without dropout and penalties.
  var withoutRegularization: ModelConfiguration {
    var configuration = self
    configuration.dropout = 0
    configuration.regularization = Regularization()
    return configuration
  }
}
