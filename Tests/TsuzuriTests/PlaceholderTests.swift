import Testing
@testable import Tsuzuri
