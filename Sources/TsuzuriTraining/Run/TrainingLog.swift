internal import Foundation
internal import TsuzuriArchive

/// `log.jsonl`: one JSON object a line, each step at most once.
///
/// A run that goes on from a checkpoint first takes away the lines that were written after it, which it is about to write
/// again; the next line says from which step it went on.
struct TrainingLog {
  private let path: String

  init(path: String) { self.path = path }

  /// Begins an empty log.
  func begin() throws { try write("", appending: false) }

  /// Keeps the lines up to that of `step`. A log that somebody took away begins anew.
  func cut(afterStep step: Int) throws {
    guard FileManager.default.fileExists(atPath: path) else { return try begin() }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let kept = text.split(separator: "\n").filter { line in
      guard let fields = try? JSONDecoder().decode(StepOfLine.self, from: Data(line.utf8)) else { return false }
      return fields.step <= step
    }
    try AtomicFile.replace(path, with: kept.map { $0 + "\n" }.joined())
  }

  /// Adds a report.
  func append(_ report: TrainingReport, resumedFromStep: Int? = nil) throws {
    var fields = [
      "\"step\":\(report.step)", "\"epoch\":\(report.epoch)", "\"tokens\":\(report.tokens)",
      "\"seconds\":\(number(report.seconds, digits: 3))", "\"loss\":\(number(report.loss))",
      "\"learning_rate\":\(number(report.learningRate))", "\"gradient_norm\":\(number(report.gradientNorm))",
      "\"tokens_per_second\":\(number(report.tokensPerSecond, digits: 1))",
    ]
    if let resumedFromStep { fields.append("\"resumed_from_step\":\(resumedFromStep)") }
    if let loss = report.validationLoss { fields.append("\"validation_loss\":\(number(loss))") }
    if let bits = report.validationBitsPerByte { fields.append("\"validation_bits_per_byte\":\(number(bits))") }
    try write("{\(fields.joined(separator: ","))}\n", appending: true)
  }

  /// A JSON number; `null` where JSON has none.
  private func number(_ value: Double, digits: Int? = nil) -> String {
    guard value.isFinite else { return "null" }
    guard let digits else { return "\(value)" }
    let scale = pow(10, Double(digits))
    return "\((value * scale).rounded() / scale)"
  }

  private func write(_ text: String, appending: Bool) throws {
    guard let file = fopen(path, appending ? "a" : "w") else { throw TrainingLogError(path: path, code: errno) }
    defer { fclose(file) }
    var text = text
    let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    if !written || fflush(file) != 0 { throw TrainingLogError(path: path, code: errno) }
  }

  private struct StepOfLine: Decodable {
    var step: Int
  }
}

/// Why a line cannot be written.
struct TrainingLogError: Error, CustomStringConvertible {
  var path: String
  var code: Int32
  var description: String {
    "\(path): cannot be written: \(String(cString: strerror(code))). Free some space or choose another folder, "
      + "and go on with --resume."
  }
}
