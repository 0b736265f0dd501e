import Foundation
import Testing

@testable import _TestSupport

struct TestCorporaTests {
  @Test func packageRootHoldsTheManifest() {
    #expect(FileManager.default.fileExists(atPath: TestCorpora.packageRoot + "/Package.swift"))
  }

  @Test func variableComesBeforeTheFolderBesideThePackage() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let package = root.appendingPathComponent("package")
    let beside = root.appendingPathComponent("shared/corpora")
    let elsewhere = root.appendingPathComponent("elsewhere")
    defer { try? FileManager.default.removeItem(at: root) }
    try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
    #expect(TestCorpora.folder(named: nil, besidePackage: package.path) == nil)

    try FileManager.default.createDirectory(at: beside, withIntermediateDirectories: true)
    #expect(TestCorpora.folder(named: nil, besidePackage: package.path) == beside.standardizedFileURL.path)
    #expect(TestCorpora.folder(named: "", besidePackage: package.path) == beside.standardizedFileURL.path)
    #expect(TestCorpora.folder(named: elsewhere.path, besidePackage: package.path) == nil)

    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
    #expect(
      TestCorpora.folder(named: elsewhere.path, besidePackage: package.path) == elsewhere.standardizedFileURL.path)
  }
}
