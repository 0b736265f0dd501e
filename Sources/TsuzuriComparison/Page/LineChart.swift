/// Lines over two axes, as an SVG picture without a script: each run as a thin line, their mean as a thick one.
struct LineChart {
  /// A place in the chart, in the axes' own units.
  struct Point: Hashable {
    var x: Double
    var y: Double
  }

  /// One colour: what belongs to a cell.
  struct Series {
    /// What the legend calls it.
    var name: String
    /// Which of the page's colours it has.
    var color: Int
    /// Thin lines.
    var runs: [[Point]]
    /// The thick line.
    var mean: [Point]
    /// Whether the thick line is broken: a second line of the same colour.
    var isDashed = false
  }

  /// A height that is marked across the chart.
  struct Mark {
    var y: Double
    var label: String
  }

  /// A place along the chart that is marked from top to bottom.
  struct Upright {
    var x: Double
    var label: String
  }

  var title: String
  var x: Axis
  var y: Axis
  var series: [Series]
  var marks: [Mark] = []
  var uprights: [Upright] = []

  private static let (width, height) = (560.0, 330.0)
  private static let (left, right, top, bottom) = (58.0, 14.0, 14.0, 44.0)

  /// The picture.
  ///
  /// - Parameter id: a name that no other picture on the page has.
  func svg(id: String) -> String {
    let (w, h) = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
    return """
      <svg viewBox="0 0 \(Self.text(Self.width)) \(Self.text(Self.height))" role="img" aria-label="\(Markup.text(title))">
      <clipPath id="\(id)"><rect x="\(Self.text(Self.left))" y="\(Self.text(Self.top))" width="\(Self.text(w))" \
      height="\(Self.text(h))"/></clipPath>
      \(grid())
      <g clip-path="url(#\(id))">
      \(series.flatMap(lines).joined(separator: "\n"))
      </g>
      \((marks.map(mark) + uprights.map(upright)).joined(separator: "\n"))
      <text class="label" x="\(Self.text(Self.left + w / 2))" y="\(Self.text(Self.height - 6))" \
      text-anchor="middle">\(Markup.text(x.label))</text>
      <text class="label" transform="translate(13 \(Self.text(Self.top + h / 2))) rotate(-90)" \
      text-anchor="middle">\(Markup.text(y.label))</text>
      </svg>
      """
  }

  private func grid() -> String {
    let (bottom, right) = (Self.height - Self.bottom, Self.width - Self.right)
    let columns = x.ticks.map { tick in
      let place = Self.text(left(tick))
      return """
        <line class="grid" x1="\(place)" y1="\(Self.text(Self.top))" x2="\(place)" y2="\(Self.text(bottom))"/>\
        <text class="tick" x="\(place)" y="\(Self.text(bottom + 17))" text-anchor="middle">\(x.text(tick))</text>
        """
    }
    let rows = y.ticks.map { tick in
      let place = Self.text(top(tick))
      return """
        <line class="grid" x1="\(Self.text(Self.left))" y1="\(place)" x2="\(Self.text(right))" y2="\(place)"/>\
        <text class="tick" x="\(Self.text(Self.left - 7))" y="\(place)" dy="0.32em" text-anchor="end">\(y.text(tick))</text>
        """
    }
    return (columns + rows).joined(separator: "\n")
  }

  private func lines(_ series: Series) -> [String] {
    let thin = series.runs.count > 1 ? series.runs.map { line($0, "run s\(series.color)") } : []
    let name = series.mean.last.map { last in
      "<title>\(Markup.text(series.name)): \(Numbers.short(last.y)) at \(Numbers.short(last.x))</title>"
    }
    return thin + [
      line(series.mean, "mean s\(series.color)\(series.isDashed ? " dashed" : "")", inside: name ?? "")
    ]
  }

  /// A line through the points that a logarithmic axis has a place for.
  private func line(_ points: [Point], _ style: String, inside: String = "") -> String {
    let shown = points.filter {
      ($0.x > 0 || x.scale == .linear) && ($0.y > 0 || y.scale == .linear) && $0.x.isFinite && $0.y.isFinite
    }
    let places = shown.map { "\(Self.text(left($0.x))),\(Self.text(top($0.y)))" }.joined(separator: " ")
    return "<polyline class=\"\(style)\" points=\"\(places)\">\(inside)</polyline>"
  }

  private func mark(_ mark: Mark) -> String {
    let place = top(mark.y)
    let right = Self.width - Self.right
    return """
      <line class="mark" x1="\(Self.text(Self.left))" y1="\(Self.text(place))" x2="\(Self.text(right))" \
      y2="\(Self.text(place))"/><text class="mark" x="\(Self.text(right - 4))" y="\(Self.text(place - 5))" \
      text-anchor="end">\(Markup.text(mark.label))</text>
      """
  }

  private func upright(_ mark: Upright) -> String {
    let place = left(mark.x)
    // The label stands on the side that has more room.
    let isLeft = place > Self.width / 2
    return """
      <line class="mark" x1="\(Self.text(place))" y1="\(Self.text(Self.top))" x2="\(Self.text(place))" \
      y2="\(Self.text(Self.height - Self.bottom))"/><text class="mark" x="\(Self.text(place + (isLeft ? -6 : 6)))" \
      y="\(Self.text(Self.top + 14))" text-anchor="\(isLeft ? "end" : "start")">\(Markup.text(mark.label))</text>
      """
  }

  /// The picture with its style, as a file of its own.
  func standaloneSVG() -> String {
    let content = svg(id: "plot").drop { $0 != ">" }.dropFirst()
    let (width, height) = (Self.text(Self.width), Self.text(Self.height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      role="img" aria-label="\(Markup.text(title))">
      <style>
      \(PageStyle.css)
      svg text { font-family: system-ui, "Segoe UI", "Helvetica Neue", "Noto Sans", sans-serif; }
      </style>
      <rect width="100%" height="100%" style="fill: var(--card)"/>\(content)

      """
  }

  private func left(_ value: Double) -> Double {
    Self.left + x.place(value) * (Self.width - Self.left - Self.right)
  }

  private func top(_ value: Double) -> Double {
    Self.height - Self.bottom - y.place(value) * (Self.height - Self.top - Self.bottom)
  }

  /// A place with a tenth of a unit: nobody sees more. Far outside the picture is far enough.
  private static func text(_ value: Double) -> String { Numbers.decimals(min(max(value, -1e5), 1e5), 1) }
}
