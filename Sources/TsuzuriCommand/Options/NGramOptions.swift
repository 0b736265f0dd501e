import ArgumentParser
import Tsuzuri

/// What decides an n-gram model beside its text.
struct NGramOptions: SettingsGroup {
  @Option(
    parsing: .unconditional,
    help: .setting("order", "How many tokens the longest n-gram has, from 1 to 7.", valueName: "n"))
  var order: String?

  @Option(
    help: .setting(
      "document",
      "What no n-gram reaches beyond: \(Settings.list(DocumentUnit.allCases.map(\.rawValue))).", valueName: "unit"))
  var document: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the loss is measured on: a file, or a fraction at the corpus's end; 0 is nothing (default: 0.05).",
      valueName: "file or fraction"))
  var validation: String?

  var given: [String: String?] { ["order": order, "document": document, "validation": validation] }
}

extension Settings {
  /// N.
  func ngramOrder() throws -> Int { try wholeNumber("order", in: NGramConfiguration.orders) }
}
