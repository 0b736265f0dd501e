import FuzzTargets
import Glibc

// What `Scripts/fuzz` runs: `seeds`, `replay TARGET FILE…` and, where it was built with libFuzzer, `fuzz TARGET …`; and
// `memory READER FILE` for a test.

func tell(_ message: String) {
  let line = Array("\(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

func fail(_ message: String) -> Never {
  tell(message)
  exit(1)
}

func target(_ name: String?) -> FuzzTarget {
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    fail("expected a target of \(FuzzTarget.all.map(\.name).joined(separator: ", ")), found \(name ?? "none")")
  }
  return target
}

func content(of path: String) -> [UInt8] {
  guard let stream = fopen(path, "rb") else { fail("\(path): cannot be read") }
  defer { fclose(stream) }
  var bytes: [UInt8] = []
  while true {
    let byte = getc(stream)
    if byte == EOF { return bytes }
    bytes.append(UInt8(truncatingIfNeeded: byte))
  }
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "seeds":
  try SeedCorpus.write()
case "targets":
  for target in FuzzTarget.all { print(target.name, target.longestInput) }
case "replay":
  let target = target(arguments.dropFirst().first)
  for path in arguments.dropFirst(2) {
    do {
      print("\(path): \(try target.run(content(of: path)) ?? "taken")")
    } catch {
      fail("\(path): \(error)")
    }
  }
case "memory":
  guard arguments.count == 3, let reader = ReaderMemory.readers.first(where: { $0.name == arguments[1] }) else {
    fail("usage: FuzzRunner memory \(ReaderMemory.readers.map(\.name).joined(separator: "|")) FILE")
  }
  print(ReaderMemory.growth(reading: arguments[2], by: reader.read))
#if FUZZING
  case "fuzz":
    fuzz(target(arguments.dropFirst().first), Array(arguments.dropFirst(2)))
#endif
default:
  fail("usage: FuzzRunner seeds | targets | replay TARGET FILE… | fuzz TARGET OPTION…")
}
