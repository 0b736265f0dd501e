/// Walks along a text from one place where segmentation may begin anew to the next.
///
/// The stretch between two certain boundaries is seldom longer than a line. One of more than `runScalars` scalars is
/// divided, from its own beginning: behind the last boundary that ICU finds among its first `runScalars` scalars, if no
/// dictionary takes part; otherwise, and where there is none, after exactly that many. Both depend on nothing but the
/// stretch, so that a text has the same segments whatever the buffers were.
final class RestartWalk {
  let boundaries: CertainBoundaries
  private let options: SegmentationOptions
  private let runScalars: Int
  private var iterator: BreakIterator?

  init(_ options: SegmentationOptions, runScalars: Int) {
    self.options = options
    self.runScalars = runScalars
    boundaries = CertainBoundaries(level: options.level)
  }

  struct Step {
    var position: Int
    /// Whether the place is no certain boundary, so that a segmenter must begin anew there.
    var isInsideStretch: Bool
  }

  /// A place behind `start`, itself such a place, at the end of the text at the latest; nil where more of the text must
  /// be seen first. It is no more than `runScalars` scalars away; in between, no stretch is divided.
  func step(in units: UnsafeBufferPointer<UInt16>, from start: Int, isLast: Bool) throws -> Step? {
    let reach = start + runScalars
    if isLast, reach >= units.count { return Step(position: units.count, isInsideStretch: false) }
    var index = min(reach, units.count - 1)
    while index > start {
      if boundaries.isBoundary(units, index) { return Step(position: index, isInsideStretch: false) }
      index -= 1
    }
    // The stretch has more units than that, but may have fewer scalars.
    var scalars = 0
    index = start
    while index < units.count, scalars < runScalars {
      index += units[index] & 0xFC00 == 0xD800 && index + 1 < units.count ? 2 : 1
      scalars += 1
      if index > reach, index < units.count, boundaries.isBoundary(units, index) {
        return Step(position: index, isInsideStretch: false)
      }
    }
    if index >= units.count { return isLast ? Step(position: index, isInsideStretch: false) : nil }
    let stretch = UnsafeBufferPointer(rebasing: units[start..<index])
    return Step(position: start + (try provenBoundary(in: stretch) ?? stretch.count), isInsideStretch: true)
  }

  /// The last boundary in the stretch that what follows the stretch cannot move.
  private func provenBoundary(in stretch: UnsafeBufferPointer<UInt16>) throws -> Int? {
    if options.level == .whitespace { return nil }
    if options.level == .word, containsDictionaryText(stretch) { return nil }
    let iterator = try iterator ?? BreakIterator(options)
    self.iterator = iterator
    try iterator.begin(stretch)
    // The end of the stretch is no boundary of the text. For words the boundary before the last one is taken: rules
    // that look ahead (WB6, WB7b, WB12) look no further than to the scalar behind the next boundary.
    let needed = options.level == .word ? 2 : 1
    var found: [Int] = []
    while let boundary = iterator.next(), boundary < stretch.count {
      // A blank may belong to the word after it.
      if options.level == .word, stretch[boundary - 1] == 0x20 { continue }
      found.append(boundary)
      if found.count > needed { found.removeFirst() }
    }
    return found.count == needed ? found[0] : nil
  }

  private func containsDictionaryText(_ stretch: UnsafeBufferPointer<UInt16>) -> Bool {
    stretch.indices.contains { index in
      let unit = stretch[index]
      var scalar = Int32(unit)
      if unit & 0xFC00 == 0xD800, index + 1 < stretch.count {
        scalar = (scalar - 0xD7C0) << 10 + Int32(stretch[index + 1] & 0x3FF)
      }
      let found = boundaries.classes.of(scalar: scalar)
      return found == .japanese || found == .complexContext
    }
  }
}
