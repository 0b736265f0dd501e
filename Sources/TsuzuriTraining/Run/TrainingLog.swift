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

  /// Keeps the lines up to that of `step`. A log that somebody took away begins anew.
  func cut(afterStep step: Int) throws {
    guard FileManager.default.fileExists(atPath: path) else { return try begin() }
    let content = try FileContents.read(path, limit: .max)
    try AtomicFile.replace(path, followingLinks: false) { file in
      for line in content.split(separator: UInt8(ascii: "\n")) where line.count <= Self.longestLine {
        guard let fields = try? JSONDecoder().decode(StepOfLine.self, from: Data(line)), fields.step <= step else {
          continue
        }
        try line.withUnsafeBytes { try file.write($0) }
        try file.write("\n")
      }
    }
  }

  /// A line of a run has some hundred bytes. What is longer was written by nobody here.
  private static let longestLine = 4096

  /// Adds a report. What is out of the ordinary is told only where there is something to tell.
  func append(
    _ report: TrainingReport, resumedFromStep: Int? = nil, wentBackFromStep: Int? = nil, skippedSteps: Int = 0
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
    try AppendedFile.append("{\(fields.joined(separator: ","))}\n", to: path)
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
