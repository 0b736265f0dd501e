/// The numbers of a block's segments, in two bytes each where they fit.
enum SegmentNumbers {
  case narrow([UInt16])
  case wide([UInt32])

  /// The number that stands for the end of a line, in either width.
  static let lineEnd = UInt32.max
  /// The first number that takes more than two bytes.
  static let firstWide = UInt32(UInt16.max)

  /// Calls `body` with the numbers of `range`, in order; nil is the end of a line.
  @inline(__always)
  func forEach(in range: Range<Int>? = nil, _ body: (Int?) throws -> Void) rethrows {
    switch self {
    case .narrow(let numbers):
      for number in numbers[range ?? numbers.indices] { try body(number == .max ? nil : Int(number)) }
    case .wide(let numbers):
      for number in numbers[range ?? numbers.indices] { try body(number == .max ? nil : Int(number)) }
    }
  }
}

/// What the numbers of a dictionary stand for, in UTF-8.
struct SegmentTexts {
  /// Segment i ends before byte `ends[i]` and begins where the one before it ends.
  let ends: [UInt32]
  let text: [UInt8]

  var count: Int { ends.count }

  func withSegment<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
    let start = index == 0 ? 0 : Int(ends[index - 1])
    return try text.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[start..<Int(ends[index])])) }
  }
}
