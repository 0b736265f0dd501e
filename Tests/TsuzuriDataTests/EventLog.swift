import Synchronization
import TsuzuriData

/// The events of a tokenizer, in their order.
final class EventLog: Sendable {
  private let events = Mutex<[CorpusEvent]>([])

  var all: [CorpusEvent] { events.withLock { $0 } }

  @Sendable func append(_ event: CorpusEvent) { events.withLock { $0.append(event) } }
}
