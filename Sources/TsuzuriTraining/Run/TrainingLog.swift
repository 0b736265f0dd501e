internal import Foundation
internal import TsuzuriArchive

/// `log.jsonl`: one JSON object a line, each step at most once.
///
/// A run that goes on from a checkpoint first takes away the lines that were written after it, which it is about to write
/// again; the next line says from which step it went on.
struct TrainingLog: Sendable {
  private let path: String

  init(path: String) { self.path = path }

  /// Begins an empty log.
  func begin() throws { try AtomicFile.replace(path, with: "", followingLinks: false) }

  /// What became of a log that was cut.
  struct Cut {
    /// What is left.
    var part: LoggedPart
    /// Whether what should be left stood there.
    var isWhole: Bool
  }

  /// Keeps `part` of the lines, which is those up to that of `step`. Where they are not what they were, the lines up to
  /// that step that can be read are kept; a log that somebody took away begins anew.
  ///
  /// - Parameter part: nil where nobody knows.
  func cut(to part: LoggedPart?, step: Int) throws -> Cut {
    guard FileManager.default.fileExists(atPath: path) else {
      try begin()
      return Cut(part: LoggedPart(), isWhole: part.map { $0.bytes == 0 } ?? true)
    }
    if let part, try keep(part) { return Cut(part: part, isWhole: true) }
    let limit = min(Self.largest, part.map { 2 * $0.bytes + Self.longestLine } ?? .max)
    let content = try FileContents.readBeginning(path, count: limit)
    var kept: [UInt8] = []
    for line in content.split(separator: UInt8(ascii: "\n")) where line.count <= Self.longestLine {
      guard let fields = try? JSONDecoder().decode(StepOfLine.self, from: Data(line)), fields.step <= step else {
        continue
      }
      kept += line
      kept.append(UInt8(ascii: "\n"))
    }
    return try kept.withUnsafeBytes { kept in
      try replace(with: kept)
      return Cut(part: Self.part(of: kept), isWhole: part == nil)
    }
  }

  /// Takes away all but `part`, if that stands at the beginning; else nothing.
  private func keep(_ part: LoggedPart) throws -> Bool {
    try FileContents.withBytes(of: path) { bytes in
      guard bytes.count >= part.bytes else { return false }
      let lines = UnsafeRawBufferPointer(rebasing: bytes[..<part.bytes])
      guard Self.part(of: lines) == part else { return false }
      // Where a link stands, lines are added to no file of ours.
      if bytes.count > part.bytes || isLink { try replace(with: lines) }
      return true
    }
  }

  private var isLink: Bool { (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil }

  private func replace(with lines: UnsafeRawBufferPointer) throws {
    try AtomicFile.replace(path, followingLinks: false) { try $0.write(lines) }
  }

  /// The part that these lines are.
  private static func part(of lines: UnsafeRawBufferPointer) -> LoggedPart {
    var part = LoggedPart()
    var rest = lines[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
      part.add(UnsafeRawBufferPointer(rebasing: rest[..<end]))
      rest = rest[end...]
    }
    return part
  }

  /// The most that is read of a log that is not as it was, in bytes: some millions of lines.
  private static let largest = 1 << 30

  /// A line of a run has some hundred bytes. What is longer was written by nobody here.
  private static let longestLine = 4096

  /// Adds a report, to the file and to `part`. What is out of the ordinary is told only where there is something to tell.
  func append(
    _ report: TrainingReport, to part: inout LoggedPart?, resumedFromStep: Int? = nil, wentBackFromStep: Int? = nil,
    skippedSteps: Int = 0
  ) throws {
    var fields = [
      "\"step\":\(report.step)", "\"epoch\":\(report.epoch)", "\"tokens\":\(report.tokens)",
      "\"seconds\":\(number(report.seconds, digits: 3))", "\"loss\":\(number(report.loss))",
      "\"learning_rate\":\(number(report.learningRate))", "\"gradient_norm\":\(number(report.gradientNorm))",
      "\"tokens_per_second\":\(number(report.tokensPerSecond, digits: 1))",
    ]
    if let resumedFromStep { fields.append("\"resumed_from_step\":\(resumedFromStep)") }
    if let wentBackFromStep { fields.append("\"went_back_from_step\":\(wentBackFromStep)") }
    if skippedSteps > 0 { fields.append("\"skipped_steps\":\(skippedSteps)") }
    if let loss = report.validationLoss { fields.append("\"validation_loss\":\(number(loss))") }
    if let bits = report.validationBitsPerByte { fields.append("\"validation_bits_per_byte\":\(number(bits))") }
    var line = "{\(fields.joined(separator: ","))}\n"
    try AppendedFile.append(line, to: path)
    line.withUTF8 { part?.add(UnsafeRawBufferPointer($0)) }
  }

  /// A JSON number; `null` where JSON has none.
  private func number(_ value: Double, digits: Int? = nil) -> String {
    guard value.isFinite else { return "null" }
    guard let digits else { return "\(value)" }
    let scale = pow(10, Double(digits))
    return "\((value * scale).rounded() / scale)"
  }

  /// Waits until the lines are on the disk.
  func synchronize() throws { try AppendedFile.synchronize(path) }

  private struct StepOfLine: Decodable {
    var step: Int
  }
}
