/// Names and values below each other, the values in one column.
enum Table {
  /// The lines of a table.
  static func lines(_ rows: [(name: String, value: String)]) -> [String] {
    let width = rows.map { TextWidth.columns(of: $0.name) }.max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width + 2 - TextWidth.columns(of: name)) + value
    }
  }
}
