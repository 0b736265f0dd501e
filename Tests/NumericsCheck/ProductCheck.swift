import COneDNN
import Foundation
import TsuzuriKernels

/// oneDNN's products against the plain loop, with oneDNN held to an instruction set.
///
/// oneDNN takes such a limit only before its first product, so each one needs a process.
enum ProductCheck {
  private static let sizes = [0, 1, 3, 7, 63, 64, 65, 200]

  /// Both sides round each of their `inner` products and sums once: their difference is at most
  /// 2 · inner · 2⁻²⁴ · Σ|a·b|, to first order.
  private static func bound(inner: Int, magnitude: Float) -> Float { 2 * Float(inner) * 0x1p-24 * magnitude }

  /// - Returns: whether every element was within the bound.
  static func run(instructionSet: String) throws -> Bool {
    let known: [String: dnnl_cpu_isa_t] = [
      "sse41": dnnl_cpu_isa_sse41, "avx2": dnnl_cpu_isa_avx2, "avx512_core": dnnl_cpu_isa_avx512_core,
      "all": dnnl_cpu_isa_all,
    ]
    guard let limit = known[instructionSet], dnnl_set_max_cpu_isa(limit) == dnnl_success else {
      print("\(instructionSet): oneDNN does not take this limit")
      return false
    }
    var (count, worst): (Int, Float) = (0, 0)
    for rows in sizes {
      for inner in sizes {
        for columns in sizes {
          for form in 0..<4 {
            for adding in [false, true] {
              worst = max(worst, share(rows: rows, columns: columns, inner: inner, form: form, adding: adding))
              count += 1
            }
          }
        }
      }
    }
    let effective = dnnl_get_effective_cpu_isa()
    guard limit == dnnl_cpu_isa_all || effective.rawValue <= limit.rawValue else {
      print("oneDNN runs with instruction set \(effective.rawValue), above the limit \(limit.rawValue)")
      return false
    }
    print("\(count) products with \(instructionSet): at most \(worst) of the bound")
    return worst <= 1
  }

  /// The largest difference of a product, as a share of the bound.
  ///
  /// - Parameter form: both factors as they are named, the second transposed, the first, or the first with rows that stand
  ///   apart.
  private static func share(rows: Int, columns: Int, inner: Int, form: Int, adding: Bool) -> Float {
    let stride = form == 3 ? rows + 5 : rows
    let (a, b) = (numbers(form < 2 ? rows * inner : stride * inner, 0.3), numbers(inner * columns, 0.7))
    let before = numbers(rows * columns, 0.5)
    func product(_ engine: MatrixProduct, _ a: [Float], _ b: [Float], _ before: [Float]) -> [Float] {
      var c = before
      switch form {
      case 0: engine.multiply(a, by: b, into: &c, rows: rows, columns: columns, inner: inner, adding: adding)
      case 1: engine.multiply(a, byTransposed: b, into: &c, rows: rows, columns: columns, inner: inner, adding: adding)
      default:
        engine.multiply(
          transposed: a, by: b, into: &c, rows: rows, columns: columns, inner: inner, aStride: stride, adding: adding)
      }
      return c
    }
    let (fast, plain) = (product(.oneDNN, a, b, before), product(.reference, a, b, before))
    let magnitudes = product(.reference, a.map(abs), b.map(abs), before.map(abs))
    var worst: Float = 0
    for i in fast.indices {
      let difference = abs(fast[i] - plain[i])
      if difference == 0 { continue }
      // A NaN must not pass as small.
      let share = difference / bound(inner: inner + 1, magnitude: magnitudes[i])
      worst = share.isNaN ? .infinity : max(worst, share)
    }
    return worst
  }

  private static func numbers(_ count: Int, _ step: Float) -> [Float] { (0..<count).map { sin(step * Float($0) + 1) } }
}
