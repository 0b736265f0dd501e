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
/// twenty thousand ways at each first unit, vectors that check each index. Here it is remembered where a first unit
/// leads, and where pairs that came lately do.
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

  /// Where the first unit of a word leads, or its first two.
  private struct Beginning {
    /// The two units, the first one above; 0 in a place for a pair where none was remembered yet.
    var pair: UInt32 = 0
    /// The cost of the word that these units are.
    var cost = unasked
    /// Where longer words go on, unless `pending` is below 0: then there are none.
    var cursor = DictionaryTrie.Cursor(position: 0, pending: -1)

    /// Instead of a cost: the trie was not asked yet; they are no word.
    static let unasked: UInt32 = .max
    static let noWord: UInt32 = .max - 1
  }

  private static let pairBits: UInt32 = 14

  private let trie: DictionaryTrie
  private let firsts: UnsafeMutablePointer<Beginning>
  private let pairs: UnsafeMutablePointer<Beginning>
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
    firsts = .allocate(capacity: Self.firstCount)
    firsts.initialize(repeating: Beginning(), count: Self.firstCount)
    pairs = .allocate(capacity: 1 << Self.pairBits)
    pairs.initialize(repeating: Beginning(), count: 1 << Self.pairBits)
    costs = .allocate(capacity: capacity)
    previous = .allocate(capacity: capacity)
  }

  deinit {
    firsts.deallocate()
    pairs.deallocate()
    costs.deallocate()
    previous.deallocate()
  }

  private static let firstCount = 0xBC + 0x5200

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
    if firsts[index].cost == Beginning.unasked { firsts[index] = beginning(first) }
    let one = firsts[index]
    relax(start, start &+ 1, one.cost == Beginning.noWord ? Self.costOfUnknown : one.cost)
    let limit = min(count, start &+ Self.longestWord)
    if one.cursor.pending < 0 || start &+ 1 == limit { return }
    let pair = UInt32(first) << 16 | UInt32(units[start &+ 1])
    // Fibonacci hashing; a pair displaces the one that stood there.
    let place = Int((pair &* 0x9E37_79B1) >> (32 &- Self.pairBits))
    if pairs[place].pair != pair { pairs[place] = beginning(one, pair) }
    let two = pairs[place]
    if two.cost != Beginning.noWord { relax(start, start &+ 2, two.cost) }
    var cursor = two.cursor
    if cursor.pending < 0 { return }
    var end = start &+ 2
    while end < limit, trie.advance(&cursor, by: units[end]) {
      end &+= 1
      if case .word(let cost, let goesOn) = trie.value(at: cursor) {
        relax(start, end, cost)
        if !goesOn { return }
      }
    }
  }

  private func beginning(_ unit: UInt16) -> Beginning {
    asked(DictionaryTrie.Cursor(), unit, pair: 0)
  }

  @inline(never)
  private func beginning(_ one: Beginning, _ pair: UInt32) -> Beginning {
    asked(one.cursor, UInt16(truncatingIfNeeded: pair), pair: pair)
  }

  private func asked(_ cursor: DictionaryTrie.Cursor, _ unit: UInt16, pair: UInt32) -> Beginning {
    var found = Beginning(pair: pair, cost: Beginning.noWord)
    var cursor = cursor
    guard trie.advance(&cursor, by: unit) else { return found }
    var goesOn = true
    if case .word(let cost, let more) = trie.value(at: cursor) { (found.cost, goesOn) = (cost, more) }
    if goesOn { found.cursor = cursor }
    return found
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
