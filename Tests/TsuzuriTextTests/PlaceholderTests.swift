import Testing
@testable import TsuzuriText

