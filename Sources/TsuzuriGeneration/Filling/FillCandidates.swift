internal import TsuzuriText

/// Which tokens may stand in a place: those that leave the text whole.
struct FillCandidates {
  private enum Fit {
    /// `<eos>`, `<unk>`: no text.
    case never
    /// Text by itself.
    case whole(beginsWithBlank: Bool)
    /// Bytes of a scalar, beside others only.
    case part
  }

  private let fits: [Fit]
  private let vocabulary: Vocabulary

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    fits = (0..<Int32(vocabulary.count)).map { id in
      if id == Vocabulary.endOfText || vocabulary.kind == .closed && id == Vocabulary.unknown { return .never }
      return vocabulary.withBytes(of: id) { bytes in
        PartialUTF8.missingBytes(after: bytes) == 0
          ? .whole(beginsWithBlank: bytes.count > 1 && bytes[0] == UInt8(ascii: " ")) : .part
      }
    }
  }

  /// Whether the token may stand in a place.
  ///
  /// - Parameter pending: the bytes of an unfinished scalar that stand directly before the place.
  /// - Returns: the bytes that are unfinished behind it, or nil where it may not.
  func pending(behind id: Int32, at place: MaskedPrompt.Place, after pending: [UInt8]) -> [UInt8]? {
    switch fits[Int(id)] {
    case .never: return nil
    case .whole(let beginsWithBlank):
      return pending.isEmpty && (beginsWithBlank || !place.beginsWithBlank) ? [] : nil
    case .part:
      // A scalar may be spelled over several places.
      let bytes = pending + vocabulary.bytes(of: id)
      guard !place.beginsWithBlank, let missing = PartialUTF8.missingBytes(after: bytes), missing <= place.followers
      else { return nil }
      return missing == 0 ? [] : bytes
    }
  }
}
