/// Lines whose columns stand below each other.
enum Table {
  /// Names and their values.
  static func lines(_ rows: [(name: String, value: String)]) -> [String] {
    let width = rows.map { TextWidth.columns(of: $0.name) }.max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width + 2 - TextWidth.columns(of: name)) + value
    }
  }

  /// The lines of a table with named columns; all but the first are set to the right.
  static func lines(header: [String], rows: [[String]]) -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { TextWidth.columns(of: $0[column]) }.max() ?? 0 }
    return all.map { row in
      row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - TextWidth.columns(of: cell))
        return column == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }
  }
}
