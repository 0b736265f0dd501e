internal import CICU

extension Unicode.Scalar {
  /// Whether it takes two columns where each character has one or two.
  ///
  /// Source: Unicode Standard Annex 11, *East Asian Width*: W and F.
  package var isWide: Bool { tz_is_wide(Int32(value)) != 0 }
}
