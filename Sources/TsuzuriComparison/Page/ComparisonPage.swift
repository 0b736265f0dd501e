internal import TsuzuriModel

/// A page that stands by itself: no script, and nothing from elsewhere. It follows the reader's choice of light or dark.
struct ComparisonPage {
  /// The heading.
  var title: String
  /// One paragraph below it.
  var summary: String
  /// What a person needs to do it again: names and values.
  var facts: [(name: String, value: String)]
  /// What the legend names, in the order of the colours.
  var cells: [CellKind]
  /// Everything below the legend.
  private(set) var body: [String] = []
  private var figures = 0

  init(title: String, summary: String, facts: [(name: String, value: String)], cells: [CellKind]) {
    self.title = title
    self.summary = summary
    self.facts = facts
    self.cells = cells
  }

  /// The colour of a cell: its place among those compared.
  func color(of cell: CellKind) -> Int { (cells.firstIndex(of: cell) ?? 0) % PageStyle.colorCount }

  /// A heading, with a paragraph or more.
  mutating func add(heading: String, _ paragraphs: String...) {
    body.append("<h2>\(Markup.text(heading))</h2>")
    body += paragraphs.map { "<p>\(Markup.text($0))</p>" }
  }

  /// A table.
  mutating func add(table header: [String], _ rows: [[String]]) { body.append(Markup.table(header, rows)) }

  /// Pictures beside each other, as far as the window is wide.
  mutating func add(_ charts: [LineChart], bars: [BarChart] = []) {
    var pictures = charts.map { chart in
      figures += 1
      return figure(chart.title, chart.svg(id: "clip\(figures)"))
    }
    pictures += bars.map { figure($0.title, $0.svg) }
    body.append("<div class=\"figures\">\n\(pictures.joined(separator: "\n"))\n</div>")
  }

  private func figure(_ title: String, _ picture: String) -> String {
    "<figure>\n<figcaption>\(Markup.text(title))</figcaption>\n\(picture)\n</figure>"
  }

  /// The page.
  var text: String {
    let list = facts.map { "<dt>\(Markup.text($0.name))</dt><dd>\(Markup.text($0.value))</dd>" }
    let legend = cells.map { cell in
      "<li><svg viewBox=\"0 0 24 10\" aria-hidden=\"true\"><line class=\"mean s\(color(of: cell))\" x1=\"1\" y1=\"5\" "
        + "x2=\"23\" y2=\"5\"/></svg>\(Markup.text(cell.rawValue))</li>"
    }
    return """
      <!DOCTYPE html>
      <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(Markup.text(title))</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <header>
      <h1>\(Markup.text(title))</h1>
      <p>\(Markup.text(summary))</p>
      </header>
      <ul class="legend">\(legend.joined())</ul>
      <main>
      \(body.joined(separator: "\n"))
      <h2>How it was made</h2>
      <dl>\(list.joined(separator: "\n"))</dl>
      </main>
      </body>
      </html>

      """
  }
}
