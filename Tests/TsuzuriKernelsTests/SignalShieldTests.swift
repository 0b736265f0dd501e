import Foundation
import Synchronization
import Testing

@testable import TsuzuriKernels

private let handled = Atomic<Int>(0)

struct SignalShieldTests {
  @Test func aSignalWaitsUntilTheBodyHasEnded() {
    signal(SIGUSR2) { _ in handled.wrappingAdd(1, ordering: .relaxed) }
    // The threads that tests run on have signals blocked; the caller's mask is what comes back afterwards.
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGUSR2)
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    SignalShield.during {
      pthread_kill(pthread_self(), SIGUSR2)
      #expect(handled.load(ordering: .relaxed) == 0)
    }
    #expect(handled.load(ordering: .relaxed) == 1)
    signal(SIGUSR2, SIG_DFL)
  }
}
