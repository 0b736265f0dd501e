/// One reader of what comes from outside, and what it promises of any bytes at all.
///
/// A target refuses its input by throwing an error of the library's, whose message is then checked, too; it takes it by
/// returning; and it finds a defect by throwing ``Finding`` or by a trap.
package struct FuzzTarget: Sendable {
  /// What the command line and the folder of seeds call it.
  package let name: String
  /// The longest input that is made; longer ones show nothing that shorter ones do not.
  package let longestInput: Int
  private let body: @Sendable (UnsafeBufferPointer<UInt8>) throws -> Void

  init(_ name: String, longestInput: Int, _ body: @escaping @Sendable (UnsafeBufferPointer<UInt8>) throws -> Void) {
    self.name = name
    self.longestInput = longestInput
    self.body = body
  }

  /// All targets.
  package static let all: [FuzzTarget] = [
    decoding, segmenting, tokenizing, vocabulary, tokenList, tokenFile, safetensors, configuration, modelFolder,
    checkpoint, pytorch,
  ]

  /// Gives the input to the reader.
  ///
  /// - Returns: what the reader said where it refused the input.
  /// - Throws: ``Finding``.
  @discardableResult
  package func run(_ input: UnsafeBufferPointer<UInt8>) throws -> String? {
    do {
      try body(input)
      return nil
    } catch let finding as Finding {
      throw finding
    } catch {
      let message = "\(error)"
      try Self.check(message)
      return message
    }
  }

  /// Gives the input to the reader.
  @discardableResult
  package func run(_ input: [UInt8]) throws -> String? { try input.withUnsafeBufferPointer(run) }

  /// A file from elsewhere must neither fill the screen nor write control sequences to a terminal.
  private static func check(_ message: String) throws {
    try require(message.utf8.count <= 2000, "a message of \(message.utf8.count) bytes: \(message.prefix(200))")
    let isPlain = message.unicodeScalars.allSatisfy {
      !$0.properties.isDefaultIgnorableCodePoint && $0.properties.generalCategory != .control
        && $0.properties.generalCategory != .format
    }
    try require(isPlain, "a message with control characters: \(message.debugDescription)")
  }
}

/// A promise that was broken.
package struct Finding: Error, CustomStringConvertible {
  /// Which, and how.
  package let description: String
}

/// Demands what a reader promises.
func require(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
  if !holds { throw Finding(description: promise()) }
}

/// Does what must be possible with whatever was taken: an error of the library's is then no refusal, but a defect.
func kept<Result>(_ promise: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let finding as Finding {
    throw finding
  } catch {
    throw Finding(description: "\(promise): \(error)")
  }
}

/// Takes numbers and stretches from the front of an input: the choices that stand before the content.
struct InputReader {
  private(set) var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ input: UnsafeBufferPointer<UInt8>) { rest = input[...] }

  /// The next byte, or 0.
  mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

  /// The next two bytes as a number, the lower one first.
  mutating func number() -> Int { byte() | byte() << 8 }

  /// One of some things.
  mutating func choice<Element>(of all: [Element]) -> Element { all[byte() % all.count] }

  /// The next `count` bytes, or what there is.
  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// A stretch that says its own length in two bytes.
  mutating func stretch() -> [UInt8] { bytes(number()) }

  /// All that is left.
  mutating func remainder() -> [UInt8] { bytes(rest.count) }
}
