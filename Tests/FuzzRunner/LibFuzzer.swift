#if FUZZING
  import FuzzTargets
  import Glibc

  /// libFuzzer's own loop, which is linked where `Scripts/fuzz` builds.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
  ) -> CInt

  nonisolated(unsafe) private var chosen = FuzzTarget.all[0]

  /// Runs libFuzzer on a target with options of libFuzzer's.
  func fuzz(_ target: FuzzTarget, _ options: [String]) -> Never {
    // SAFETY: set once, before the loop, which calls back on this thread.
    chosen = target
    let words = ["FuzzRunner", "-max_len=\(target.longestInput)"] + options
    let copies: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var count = CInt(words.count)
    var arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: copies.count)
    arguments.initialize(from: copies, count: copies.count)
    exit(
      runDriver(&count, &arguments) { data, size in
        do {
          try chosen.run(UnsafeBufferPointer(start: data, count: size))
        } catch {
          tell("\(chosen.name): \(error)")
          abort()
        }
        return 0
      })
  }
#endif
