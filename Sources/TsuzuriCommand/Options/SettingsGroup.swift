import ArgumentParser

/// Options that stand together in the help, and hand over what they were given by name.
protocol SettingsGroup: ParsableArguments {
  /// The names, without hyphens, and the texts; nil where the option was not given.
  var given: [String: String?] { get }
}

extension ArgumentHelp {
  /// Help for an option, with the default that ``Settings`` has for it.
  static func setting(_ name: String, _ text: String, valueName: String? = nil) -> ArgumentHelp {
    let value = Settings.defaults[name].map { $0 == "false" ? "" : " (default: \($0))" } ?? ""
    return ArgumentHelp(stringLiteral: text + value).named(valueName)
  }

  private func named(_ valueName: String?) -> ArgumentHelp {
    var help = self
    help.valueName = valueName
    return help
  }
}
