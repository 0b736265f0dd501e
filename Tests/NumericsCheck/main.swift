// Checks that take a process of their own, or minutes.
//
//     NumericsCheck products sse41      products by oneDNN, held to an instruction set, against the plain loop
//     NumericsCheck functions 1         exp, sigmoid and tanh of every n-th Float against Double
//     NumericsCheck memory              what is free goes back to the system
//
// Prints what it found, and ends with 1 where a bound is broken.
import Foundation

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.dropFirst().first) {
case ("products", let name?): exit(try ProductCheck.run(instructionSet: name) ? 0 : 1)
case ("functions", let text?):
  guard let stride = UInt32(text), stride > 0 else { fallthrough }
  exit(FunctionCheck.run(stride: stride) ? 0 : 1)
case ("memory", nil): exit(try MemoryCheck.run() ? 0 : 1)
default:
  print("usage: NumericsCheck products sse41|avx2|avx512_core|all, or functions STRIDE, or memory")
  exit(64)
}
