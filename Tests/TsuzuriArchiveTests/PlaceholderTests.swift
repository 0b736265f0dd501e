import Testing
@testable import TsuzuriArchive

