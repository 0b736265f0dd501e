import CKernels
import Foundation
import Synchronization
import TsuzuriKernels

/// exp, sigmoid and tanh of each instruction set, over the whole range of Float, against Double.
enum FunctionCheck {
  /// A function, and the largest error that the documentation promises, in units of the result's last place.
  private struct Function: Sendable {
    var name: String
    var bound: Double
    var exact: @Sendable (Double) -> Double
    var apply: @Sendable (KernelSet, Int, UnsafeMutablePointer<Float>) -> Void
  }

  private static let functions = [
    Function(name: "exp", bound: 1.5, exact: { exp($0) }, apply: { $0.table.pointee.exponential($1, $2) }),
    Function(
      name: "sigmoid", bound: 2.5, exact: { 1 / (1 + exp(-$0)) }, apply: { $0.table.pointee.sigmoid($1, $2) }),
    Function(
      name: "tanh", bound: 1.5, exact: { tanh($0) }, apply: { $0.table.pointee.hyperbolic_tangent($1, $2) }),
  ]

  /// The largest error so far, and where.
  private struct Worst: Sendable {
    var error = 0.0
    var argument: Float = 0
  }

  private static let blockLength = 1 << 12
  private static let blocksInATask = 64

  /// - Returns: whether every error was within its bound.
  static func run(stride: UInt32) -> Bool {
    let sets = KernelSet.available
    let count = Int(UInt32.max / stride) + 1
    let results = Mutex([Worst](repeating: Worst(), count: functions.count * sets.count))
    let pool = WorkerPool(threads: WorkerPool.availableProcessors)
    let perTask = blockLength * blocksInATask
    pool.run(tasks: (count + perTask - 1) / perTask) { task in
      var worst = [Worst](repeating: Worst(), count: functions.count * sets.count)
      for start in Swift.stride(from: task * perTask, to: min(count, (task + 1) * perTask), by: blockLength) {
        let arguments = (start..<min(start + blockLength, count)).map { Float(bitPattern: UInt32($0) * stride) }
        check(arguments, sets, &worst)
      }
      results.withLock { all in
        for (n, one) in worst.enumerated() where one.error > all[n].error { all[n] = one }
      }
    }
    let found = results.withLock { $0 }
    print("| kernels | " + functions.map(\.name).joined(separator: " | ") + " |")
    print("| --- |" + functions.map { _ in " ---: |" }.joined())
    var isWithin = true
    for (s, set) in sets.enumerated() {
      let cells = functions.indices.map { f in
        let one = found[f * sets.count + s]
        isWithin = isWithin && one.error <= functions[f].bound
        return String(format: "%.3f", one.error) + " at \(one.argument)"
      }
      print("| \(set.name) | " + cells.joined(separator: " | ") + " |")
    }
    print("\(count) arguments; promised: " + functions.map { "\($0.name) \($0.bound)" }.joined(separator: ", "))
    return isWithin
  }

  private static func check(_ arguments: [Float], _ sets: [KernelSet], _ worst: inout [Worst]) {
    for (f, function) in functions.enumerated() {
      let exact = arguments.map { function.exact(Double($0)) }
      for (s, set) in sets.enumerated() {
        var found = arguments
        function.apply(set, found.count, &found)
        for i in found.indices {
          let error = error(found[i], exact[i])
          if error > worst[f * sets.count + s].error {
            worst[f * sets.count + s] = Worst(error: error, argument: arguments[i])
          }
        }
      }
    }
  }

  /// The distance from the exact value in units of its last place as a Float.
  ///
  /// Below the smallest normal number a kernel may give 0 or anything that small: what a unit there would be is lost anyway.
  private static func error(_ found: Float, _ exact: Double) -> Double {
    if exact.isNaN { return found.isNaN ? 0 : .infinity }
    let rounded = Float(exact)
    if rounded.isInfinite { return found == rounded ? 0 : .infinity }
    let smallest = Double(Float.leastNormalMagnitude)
    let difference = abs(Double(found) - exact)
    if abs(exact) < smallest { return difference <= smallest ? 0 : .infinity }
    return difference.isNaN ? .infinity : difference / Double(rounded.ulp)
  }
}
