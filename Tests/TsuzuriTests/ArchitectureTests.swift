import Foundation
import Testing
import _TestSupport

/// `ARCHITECTURE.md` tells of files, types and targets that are there.
struct ArchitectureTests {
  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: TestCorpora.packageRoot + "/" + path, encoding: .utf8)
  }

  private static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: TestCorpora.packageRoot + "/" + path)
  }

  @Test(arguments: ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"] + designNotes())
  func everyLinkLeadsToAFile(page: String) throws {
    let folder = page.contains("/") ? "Design/" : ""
    let links = try Self.text(page).matches(of: #/\]\(([^)#]+)(#[^)]*)?\)/#).map { String($0.1) }
    for link in links where !link.contains("://") { #expect(Self.exists(folder + link), "\(page): \(link)") }
  }

  @Test func everyFileThatIsNamedExists() throws {
    let named = try Self.text("ARCHITECTURE.md").matches(of: #/`((?:Sources|Tests|Scripts|Design)\/[^`]*)`/#)
    #expect(!named.isEmpty)
    for name in named { #expect(Self.exists(String(name.1)), "\(name.1)") }
  }

  /// A row `| step | type | file |`: the file declares the type, or extends it.
  @Test func everyFileDeclaresTheTypeBesideIt() throws {
    let rows = try Self.text("ARCHITECTURE.md").matches(of: #/`(\w+)` (?:\| |\()\[[^\]]*\]\(([^)]+\.swift)\)/#)
    #expect(rows.count > 50)
    for row in rows {
      let declaration = try Regex("(struct|class|enum|protocol|actor|extension) \(row.1)\\b")
      #expect(try Self.text(String(row.2)).contains(declaration), "\(row.1) in \(row.2)")
    }
  }

  @Test func everyTargetIsNamedWithWhatItImports() throws {
    let manifest = try Self.text("Package.swift")
    let page = try Self.text("ARCHITECTURE.md")
    let libraries = manifest.matches(of: #/library\(\s*"(\w+)",\s*\[([^\]]*)\]/#)
    #expect(libraries.count >= 10)
    for library in libraries {
      let imports = library.2.matches(of: #/"(\w+)"/#).map { String($0.1) }
      let column = imports.isEmpty ? "nothing" : imports.joined(separator: ", ")
      #expect(page.contains("\n| `\(library.1)` | \(column) | "), "\(library.1) imports \(column)")
    }
    let others = manifest.matches(of: #/(?:[tT]arget|systemLibrary)\(\s*name: "(\w+)"/#).map { String($0.1) }
    #expect(others.contains("TsuzuriCommand") && others.contains("COneDNN"))
    for target in others where !target.hasSuffix("Tests") { #expect(page.contains("`\(target)`"), "\(target)") }
  }
}

private func designNotes() -> [String] {
  let names = try? FileManager.default.contentsOfDirectory(atPath: TestCorpora.packageRoot + "/Design")
  return (names ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "Design/" + $0 }
}
