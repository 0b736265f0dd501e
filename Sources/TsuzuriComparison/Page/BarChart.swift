/// Horizontal bars with their values, as an SVG picture.
struct BarChart {
  /// One bar.
  struct Bar {
    var name: String
    /// Which of the page's colours it has.
    var color: Int
    var value: Double
    /// The value in words.
    var text: String
  }

  var title: String
  var bars: [Bar]

  private static let (width, row, left, right) = (560.0, 30.0, 130.0, 150.0)

  /// The picture.
  var svg: String {
    let largest = max(bars.map(\.value).max() ?? 0, .leastNormalMagnitude)
    let rows = bars.enumerated().map { index, bar in
      let y = Double(index) * Self.row
      let length = max(1, bar.value / largest * (Self.width - Self.left - Self.right))
      return """
        <text class="name" x="\(text(Self.left - 8))" y="\(text(y + Self.row / 2))" dy="0.32em" \
        text-anchor="end">\(Markup.text(bar.name))</text>\
        <rect class="bar b\(bar.color)" x="\(text(Self.left))" y="\(text(y + 5))" width="\(text(length))" \
        height="\(text(Self.row - 10))" rx="3"/>\
        <text class="value" x="\(text(Self.left + length + 8))" y="\(text(y + Self.row / 2))" \
        dy="0.32em">\(Markup.text(bar.text))</text>
        """
    }
    return """
      <svg viewBox="0 0 \(text(Self.width)) \(text(Double(bars.count) * Self.row))" role="img" \
      aria-label="\(Markup.text(title))">
      \(rows.joined(separator: "\n"))
      </svg>
      """
  }

  private func text(_ value: Double) -> String { Numbers.decimals(value, 1) }
}
