/// Divides runs of Han and kana into words as ICU does, with ICU's own dictionary, at several times its speed.
///
/// Of all ways to divide a run into words the one with the lowest sum of costs is taken. With c(w) the cost of a word
/// of the dictionary, best(0) = 0 and
///
///     best(j) = min over i < j of best(i) + cost(i, j)
///
/// where cost(i, j) is c(w) for a word w = units i … j of at most 20 units; 255 for one unit that is no word; and for
/// katakana that begin at i, all of them if they are fewer than 20, a cost by their number. Of two ways that cost the
/// same, the one whose last word begins earlier is taken.
///
/// ICU does the same through layers that cost it most of its time: text behind function pointers, a search of some
/// twenty thousand ways at each first unit, vectors that check each index. Here the first unit's node is remembered.
///
/// What is ICU's and not in its data (the numbers above) is known for the version that the tests compare with; with any
/// other ICU there is no divider, and ICU is asked. It serves one thread at a time.
final class DictionaryDivider {
  /// The version of ICU whose rules these are.
  static let knownVersion = 72
  private static let longestWord = 20
  private static let costOfUnknown: UInt32 = 255
  /// By the number of katakana; longer runs cost as much as the first entry.
  private static let katakanaCosts: [UInt32] = [8192, 984, 408, 240, 204, 252, 300, 372, 480]
  private static let katakanaLimit = 20

  /// Where a first unit leads.
  private struct Root {
    var cursor = DictionaryTrie.Cursor()
    /// `unasked` until the trie was asked once.
    var cost = unasked
    var goesOn = false

    static let unasked: UInt32 = .max
    static let noWord: UInt32 = .max - 1
  }

  private let trie: DictionaryTrie
  private let roots: UnsafeMutablePointer<Root>
  private var costs: UnsafeMutablePointer<UInt32>
  private var previous: UnsafeMutablePointer<Int32>
  private var capacity = 256
  /// Where the words of the last run end, the last one first.
  private(set) var ends: [Int32] = []

  /// A divider for texts of `locale`, or nil where ICU must be asked: its version is not the known one, or the locale
  /// asks for another way of dividing.
  init?(locale: String) {
    guard !locale.contains("@"), !locale.contains("-u-"), let trie = DictionaryTrie.installed else { return nil }
    self.trie = trie
    roots = .allocate(capacity: Self.rootCount)
    roots.initialize(repeating: Root(), count: Self.rootCount)
    costs = .allocate(capacity: capacity)
    previous = .allocate(capacity: capacity)
  }

  deinit {
    roots.deallocate()
    costs.deallocate()
    previous.deallocate()
  }

  private static let rootCount = 0xBC + 0x5200

  /// Whether a unit can be part of a run: Han of the basic block, hiragana and katakana, which NFKC leaves alone.
  @inline(__always)
  static func takes(_ unit: UInt16) -> Bool {
    unit &- 0x4E00 < 0x5200 || unit &- 0x3041 < 0x56 || isKatakana(unit)
  }

  @inline(__always)
  private static func isKatakana(_ unit: UInt16) -> Bool { unit &- 0x30A1 < 0x5A || unit == 0x30FC }

  /// Divides a run, all of whose units are taken and which ICU's rules cut on both sides; the words are in `ends`.
  func divide(_ run: UnsafeBufferPointer<UInt16>) {
    let count = run.count
    reserve(count + 1)
    ends.removeAll(keepingCapacity: true)
    guard let units = run.baseAddress else { return }
    costs[0] = 0
    for end in 1..<max(count, 1) &+ 1 { costs[end] = .max }
    var isBehindKatakana = false
    for start in 0..<count {
      relaxWords(units, start, count)
      let isKatakana = Self.isKatakana(units[start])
      if isKatakana, !isBehindKatakana { relaxKatakana(units, start, count) }
      isBehindKatakana = isKatakana
    }
    var end = Int32(truncatingIfNeeded: count)
    while end > 0 {
      ends.append(end)
      end = previous[Int(end)]
    }
  }

  @inline(__always)
  private func relax(_ start: Int, _ end: Int, _ cost: UInt32) {
    let sum = costs[start] &+ cost
    if sum < costs[end] {
      costs[end] = sum
      previous[end] = Int32(truncatingIfNeeded: start)
    }
  }

  @inline(__always)
  private func relaxWords(_ units: UnsafePointer<UInt16>, _ start: Int, _ count: Int) {
    let first = units[start]
    let index = first >= 0x4E00 ? Int(first) &- 0x4E00 &+ 0xBC : Int(first) &- 0x3041
    if roots[index].cost == Root.unasked { roots[index] = root(of: first) }
    let root = roots[index]
    relax(start, start &+ 1, root.cost == Root.noWord ? Self.costOfUnknown : root.cost)
    if !root.goesOn { return }
    var cursor = root.cursor
    var end = start &+ 1
    let limit = min(count, start &+ Self.longestWord)
    while end < limit, trie.advance(&cursor, by: units[end]) {
      end &+= 1
      if case .word(let cost, let goesOn) = trie.value(at: cursor) {
        relax(start, end, cost)
        if !goesOn { return }
      }
    }
  }

  private func root(of unit: UInt16) -> Root {
    var root = Root()
    root.cost = Root.noWord
    guard trie.advance(&root.cursor, by: unit) else { return root }
    root.goesOn = true
    if case .word(let cost, let goesOn) = trie.value(at: root.cursor) { (root.cost, root.goesOn) = (cost, goesOn) }
    return root
  }

  private func relaxKatakana(_ units: UnsafePointer<UInt16>, _ start: Int, _ count: Int) {
    var end = start + 1
    while end < count, end - start < Self.katakanaLimit, Self.isKatakana(units[end]) { end += 1 }
    let length = end - start
    if length >= Self.katakanaLimit { return }
    relax(start, end, Self.katakanaCosts[length < Self.katakanaCosts.count ? length : 0])
  }

  private func reserve(_ count: Int) {
    if count <= capacity { return }
    costs.deallocate()
    previous.deallocate()
    capacity = 2 * count
    costs = .allocate(capacity: capacity)
    previous = .allocate(capacity: capacity)
  }
}
