/// How a page looks.
enum PageStyle {
  /// How many colours there are; more lines than these share them.
  static let colorCount = colors.count

  /// Colours in pairs, for a light page and for a dark one: neighbours differ in brightness, too, so that readers who see
  /// fewer colours can tell them apart.
  private static let colors = [
    ("#b5442b", "#ff8a6b"), ("#1d5fa8", "#74b3ff"), ("#2c7a3f", "#6fce86"), ("#8a3fa0", "#d79bee"),
    ("#a86f00", "#f2c14e"), ("#0f7c86", "#4fd0dc"), ("#c2387a", "#ff8fc4"), ("#5a6270", "#b4bdcc"),
    ("#6b7d00", "#c6d94a"), ("#4b3fbf", "#a49bff"), ("#7a4a24", "#d9a577"), ("#00695c", "#58c9b3"),
  ]

  private static func variables(_ color: (String, String) -> String) -> String {
    colors.enumerated().map { index, pair in "--c\(index): \(color(pair.0, pair.1));" }.joined(separator: " ")
  }

  /// The style sheet. It has no sign that means something in markup.
  static let css = """
    :root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #22252b; --soft: #666c78; --line: #e3e0d8; \
    \(variables { light, _ in light }) }
    @media (prefers-color-scheme: dark) { :root { --paper: #15171c; --card: #1d2027; --ink: #e7e8ec; --soft: #9aa1ae; \
    --line: #31353f; \(variables { _, dark in dark }) } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink); \
    font: 16px/1.55 system-ui, "Segoe UI", "Helvetica Neue", "Noto Sans", sans-serif; }
    h1 { margin: 0 0 .4rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
    h2 { margin: 2.6rem 0 .5rem; font-size: 1.25rem; letter-spacing: -.01em; }
    p { margin: .4rem 0; max-width: 46rem; }
    header p, main p { color: var(--soft); }
    .legend { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; margin: 1.2rem 0 0; \
    padding: .6rem 0; list-style: none; background: var(--paper); border-bottom: 1px solid var(--line); \
    font-weight: 600; font-size: .92rem; }
    .legend li { display: flex; align-items: center; gap: .5rem; }
    .legend svg { width: 24px; height: 10px; }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 29rem), 1fr)); gap: 1rem; \
    margin: 1rem 0; }
    figure { margin: 0; padding: .9rem 1rem .7rem; background: var(--card); border: 1px solid var(--line); \
    border-radius: 10px; }
    figcaption { margin: 0 0 .4rem; font-weight: 600; font-size: .95rem; }
    figure svg { display: block; width: 100%; height: auto; }
    svg text { fill: var(--soft); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
    svg text.name { fill: var(--ink); font-weight: 600; }
    svg text.value { fill: var(--ink); }
    .grid { stroke: var(--line); stroke-width: 1; }
    .mark { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 4; }
    svg text.mark { stroke: none; font-style: italic; }
    .run { fill: none; stroke-width: 1; stroke-opacity: .35; stroke-linejoin: round; }
    .mean { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
    .dashed { stroke-dasharray: 6 5; }
    \(colors.indices.map { ".s\($0) { stroke: var(--c\($0)); } .b\($0) { fill: var(--c\($0)); }" }.joined(separator: "\n"))
    .scroll { overflow-x: auto; margin: 1rem 0; background: var(--card); border: 1px solid var(--line); \
    border-radius: 10px; }
    table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem; }
    th, td { padding: .5rem .9rem; text-align: right; white-space: nowrap; }
    th:first-child { text-align: left; }
    thead th { color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--line); }
    tbody tr + tr th, tbody tr + tr td { border-top: 1px solid var(--line); }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: .6rem 0; font-size: .93rem; }
    dt { color: var(--soft); }
    dd { margin: 0; overflow-wrap: anywhere; }
    """
}
