internal import TsuzuriKernels

/// One layer's recurrence over one share's window: what the stack asks of every cell, and all that a cell tells of itself.
///
/// The products W_ih·x of the whole window are made before (``Embedding``, ``InputProjection``) and stand in ``sums``; the
/// layer adds what depends on its state, in time order. A layer runs on the calling thread alone. To add a cell: a type
/// with this protocol in a file of its own, and a line in ``CellKind``.
///
/// - Shape: ``sums`` [T, B, rows of weight_ih]; ``output`` and its gradient [T, B, output size].
protocol RecurrentLayer: AnyObject {
  /// The names of the blocks of H rows that stand in `weight_ih` and in the biases.
  static var gateOrder: [String] { get }
  /// The layer's tensors in the order in which they are stored. One must be `weight_ih`.
  static func tensors(_ shape: LayerShape) -> [LayerTensor]
  /// How many values a lane carries from step to step, for each component of the state.
  static func stateWidths(_ shape: LayerShape) -> [Int]
  /// The matrices that are multiplied with the state at each step, or parts of their rows.
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart]

  /// A layer at its place, with the weights that every pass of the model shares.
  init(_ place: LayerPlace, weights: PreparedLayer)

  /// Where the products W_ih·x of the window are put before ``forward(time:parameters:)``. After the backward pass, their
  /// gradient.
  var sums: UnsafeMutablePointer<Float> { get }
  /// What the layer gives upwards, for each step of the window.
  var output: UnsafeMutablePointer<Float> { get }
  /// The buffers [T + 1, B, width] whose first step is the state that the window starts from.
  var stateComponents: [FloatBuffer] { get }
  /// Which step of ``stateComponents`` is the state after a window of `time` steps: `time`, but for a layer that keeps none
  /// of those between, whose components are [2, B, width].
  func stateStep(after time: Int) -> Int
  /// The gradients of the state that the window starts from, [B, width] a component. Written by the backward pass if
  /// ``LayerPlace/findsStartGradients`` was set.
  var startGradients: [FloatBuffer] { get }

  /// Runs the window in time order.
  func forward(time: Int, parameters: UnsafePointer<Float>)

  /// Runs the window backwards, and writes or notes the gradients of all its tensors but `weight_ih`.
  ///
  /// - Parameter outputGradient: [T, B, output size]; on return it also holds what came back through time.
  func backward(
    time: Int, outputGradient: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>,
    gradient: WindowGradient)
}

extension RecurrentLayer {
  /// W_ih, W_hh and a bias for each, over all gates: what most cells have.
  static func tensors(_ shape: LayerShape) -> [LayerTensor] { standardTensors(shape) }

  /// - Parameter widening: see ``LayerTensor/inputWeight(_:layer:widening:)``.
  static func standardTensors(_ shape: LayerShape, widening: Double = 6) -> [LayerTensor] {
    let rows = gateOrder.count * shape.hiddenSize
    return [
      .inputWeight([rows, shape.inputSize], layer: shape.index, widening: widening),
      LayerTensor("weight_hh", [rows, shape.outputSize], .uniform(1 / Double(shape.outputSize).squareRoot())),
      // A forget gate starts at 1, so that a fresh memory cell remembers.
      LayerTensor(
        "bias_ih", [rows], .blocks(gateOrder.map { $0 == "f" ? 1 : 0 })),
      LayerTensor("bias_hh", [rows], .blocks([0])),
    ]
  }

  func stateStep(after time: Int) -> Int { time }

  /// The whole of W_hh.
  static func recurrentParts(_ shape: LayerShape) -> [RecurrentPart] {
    [RecurrentPart("weight_hh", rows: 0..<gateOrder.count * shape.hiddenSize, inner: shape.outputSize)]
  }
}

/// The sizes that decide a layer's tensors.
struct LayerShape {
  /// The layer's number, from 0.
  var index: Int
  /// The width of what comes from below: E, or the output size of the layer below.
  var inputSize: Int
  /// H.
  var hiddenSize: Int
  /// The width of what the layer gives: H, or P where the output is projected.
  var outputSize: Int
  /// The model, for what only some cells have.
  var configuration: ModelConfiguration

  init(_ configuration: ModelConfiguration, index: Int) {
    self.index = index
    self.configuration = configuration
    hiddenSize = configuration.hiddenSize
    outputSize = configuration.outputSize
    inputSize = index == 0 ? configuration.embeddingSize : configuration.outputSize
  }
}

/// One tensor of a layer, and what it starts from.
struct LayerTensor {
  /// The values of a tensor before the first step.
  enum Start {
    /// Each drawn from ±the bound.
    case uniform(Double)
    /// As many blocks of equal length, each of one value.
    case blocks([Float])
  }

  /// The name without stack and layer, such as `weight_hh`.
  var role: String
  var shape: [Int]
  var start: Start

  init(_ role: String, _ shape: [Int], _ start: Start) {
    self.role = role
    self.shape = shape
    self.start = start
  }

  /// W_ih, with the bounds that ``ParameterInitialization`` gives reasons for.
  ///
  /// - Parameter widening: for the layers above the first, what 1 / √(input size) is multiplied by: the smaller the outputs
  ///   of the cell below, the larger.
  static func inputWeight(_ shape: [Int], layer: Int, widening: Double = 6) -> LayerTensor {
    LayerTensor(
      "weight_ih", shape, .uniform((layer == 0 ? 3.squareRoot() : widening) / Double(shape[1]).squareRoot()))
  }
}

extension LayerTensor {
  /// W_ih of a layer whose output does not shrink with depth: an average of linear candidates, or tanh of wide sums. The
  /// averaging takes about two thirds of a variance away; so does tanh of sums whose variance is 3.
  static func averagedInputWeight(_ shape: [Int], layer: Int) -> LayerTensor {
    LayerTensor("weight_ih", shape, .uniform((layer == 0 ? 3.squareRoot() : 3) / Double(shape[1]).squareRoot()))
  }
}

/// Rows of a matrix by which the state is multiplied at each step.
struct RecurrentPart {
  /// The tensor's name without stack and layer.
  var role: String
  /// Which rows of it.
  var rows: Range<Int>
  /// Its columns.
  var inner: Int

  init(_ role: String, rows: Range<Int>, inner: Int) {
    self.role = role
    self.rows = rows
    self.inner = inner
  }
}

/// Where a layer stands and how it computes.
struct LayerPlace {
  let shape: LayerShape
  /// Which stack: `rnn`, or that of one direction.
  let stack: String
  let layout: ParameterLayout
  /// The longest window.
  let maximumTime: Int
  /// B, the lanes of the share.
  let lanes: Int
  /// Whether there will be backward passes.
  let trains: Bool
  /// Whether the backward pass also finds the gradients of the state that the window starts from. Truncated backpropagation has
  /// a use for them only where a lane begins, and the beginning is learned.
  let findsStartGradients: Bool
  /// Where lanes begin anew inside windows; nil where none ever does.
  let resets: LaneResets?
  /// What each component of the state is where a lane begins.
  let beginnings: [StateBeginning]
  let arithmetic: Arithmetic

  var hiddenSize: Int { shape.hiddenSize }

  /// The layer's tensor of that role.
  func slice(_ role: String) -> ParameterLayout.Slice { layout[ParameterName.recurrent(stack, role, shape.index)] }
}
