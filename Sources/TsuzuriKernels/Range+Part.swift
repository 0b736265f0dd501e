extension Range<Int> {
  /// Part `part` of the range cut into `parts`, which differ by one at most.
  ///
  /// Where sums are formed part by part, where the cuts fall decides their last bits: it depends on nothing but the counts.
  package func part(_ part: Int, of parts: Int) -> Range<Int> {
    lowerBound + count * part / parts..<lowerBound + count * (part + 1) / parts
  }
}
