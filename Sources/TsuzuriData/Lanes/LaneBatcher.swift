/// Cuts a row of tokens into B lanes and each lane into windows of T tokens: what one training step reads.
///
/// Lane b covers the tokens b·n … b·n + n of the range, n = ⌊(count − 1) / B⌋: of these it predicts the last n, each
/// from the ones before. The next lane begins with the token that the lane before it ended on. Step s of every lane
/// goes on where step s − 1 stopped, so that the recurrent state can be carried; what the division leaves over at
/// the end is dropped. Nothing is ever shuffled.
///
/// For 10 tokens, B = 2, T = 3:
///
///     tokens  a b c d e f g h i j      n = ⌊9 / 2⌋ = 4, j is dropped
///     lane 0  a b c d e                step 0: inputs a b c → targets b c d;  step 1: d → e
///     lane 1          e f g h i        step 0: inputs e f g → targets f g h;  step 1: h → i
///
/// Windows of other lengths are had by ``cut(into:)``.
public struct LaneBatcher: Sendable {
  /// The tokens of all lanes.
  public let tokens: any TokenSequence
  /// The part of them that is read.
  public let range: Range<Int>
  /// The number of lanes, B.
  public let laneCount: Int
  /// The longest window, T.
  public let windowLength: Int
  /// The tokens that each lane predicts in an epoch, n.
  public let laneLength: Int
  /// Where each window of a lane begins, and at the end n; nil where all have T tokens.
  private var bounds: [Int]?

  /// Lays `lanes` lanes over the tokens of `range`, or over all.
  ///
  /// - Throws: `LaneError.tooShort` where a lane would not fill one window.
  /// - Precondition: `lanes` and `window` are at least 1, and `range` lies within the tokens.
  public init(tokens: any TokenSequence, range: Range<Int>? = nil, lanes: Int, window: Int) throws {
    let range = range ?? 0..<tokens.count
    precondition(lanes >= 1, "\(lanes) lanes are asked for, expected at least 1")
    precondition(window >= 1, "a window of \(window) tokens is asked for, expected at least 1")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tokens.count,
      "tokens \(range) are asked for, there are \(tokens.count)")
    let length = max(0, range.count - 1) / lanes
    guard length >= window else {
      throw LaneError.tooShort(tokens: range.count, lanes: lanes, window: window)
    }
    self.tokens = tokens
    self.range = range
    laneCount = lanes
    windowLength = window
    laneLength = length
  }

  /// How many tokens are read at once.
  private static let pieceLength = 240

  /// Cuts the lanes into windows of these lengths, which must be n together.
  public mutating func cut(into lengths: [Int]) {
    precondition(
      lengths.allSatisfy { $0 > 0 } && lengths.reduce(0, +) == laneLength,
      "windows of \(lengths.reduce(0, +)) tokens were given for lanes of \(laneLength)")
    var end = 0
    bounds =
      [0]
      + lengths.map { length in
        end += length
        return end
      }
  }

  /// The steps of an epoch: ⌈n / T⌉, the last of which may be shorter than T, unless they were cut otherwise.
  public var stepCount: Int { bounds.map { $0.count - 1 } ?? (laneLength + windowLength - 1) / windowLength }

  /// How many tokens of a lane stand before the window of `step`.
  public func start(ofStep step: Int) -> Int { bounds?[step] ?? step * windowLength }

  /// The tokens that one epoch predicts, n·B.
  public var predictedTokenCount: Int { laneLength * laneCount }

  /// The rows of the window of `step`: T, or fewer in the last step, unless they were cut otherwise.
  public func rowCount(ofStep step: Int) -> Int {
    precondition(step >= 0 && step < stepCount, "step \(step) is asked for, an epoch has \(stepCount)")
    if let bounds { return bounds[step + 1] - bounds[step] }
    return min(windowLength, laneLength - step * windowLength)
  }

  /// Reads the window of `step` for some of the lanes, the first token of every lane first.
  ///
  /// - Shape: inputs and targets [T', lanes], T' = `rowCount(ofStep: step)`.
  /// - Returns: T'.
  /// - Throws: what the tokens' ``TokenSequence/read(_:into:)`` throws.
  @discardableResult
  public func readWindow(
    step: Int, lanes: Range<Int>, inputs: UnsafeMutablePointer<Int32>, targets: UnsafeMutablePointer<Int32>
  ) throws -> Int {
    let rows = rowCount(ofStep: step)
    precondition(
      lanes.lowerBound >= 0 && lanes.upperBound <= laneCount, "lanes \(lanes) are asked for, there are \(laneCount)")
    // In pieces that fit on the stack, so that a step allocates nothing; a piece's last token begins the next.
    try withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.pieceLength + 1) { piece in
      guard let base = piece.baseAddress else { return }
      for (column, lane) in lanes.enumerated() {
        let start = range.lowerBound + lane * laneLength + self.start(ofStep: step)
        for first in stride(from: 0, to: rows, by: Self.pieceLength) {
          let count = min(Self.pieceLength, rows - first)
          try tokens.read(start + first..<start + first + count + 1, into: base)
          for t in 0..<count {
            inputs[(first + t) * lanes.count + column] = base[t]
            targets[(first + t) * lanes.count + column] = base[t + 1]
          }
        }
      }
    }
    return rows
  }
}
