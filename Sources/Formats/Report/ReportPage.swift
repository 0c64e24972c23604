import FrameDecoding
import Output
import Pages

/// The page around a report's data: what can be read without scripts, and the places that they fill.
struct ReportPage {
    let caption: PictureCaption
    /// What is told of the run: a term and what it is.
    let facts: [(term: String, text: String)]

    private static let views = [
        ("flame", "Flame graph"), ("callers", "Callers (inverted)"), ("functions", "Functions"),
        ("threads", "Threads"), ("source", "Source"), ("about", "About this run"),
    ]

    func write(data: String, into output: ProfileOutput) throws {
        let title = xmlEscaped(sanitised(caption.title, isSentence: true))
        try output.write(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            script-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>
            \(Pages.reportStyle)</style>
            </head>
            <body>
            <header><h1>\(title)</h1>
            <p class="details">\(xmlEscaped(sanitised(caption.details, isSentence: true)))</p></header>
            <div class="time"><canvas tabindex="0" role="application" \
            aria-label="Samples over time: drag, or use arrow keys with Shift, to select a range"></canvas></div>
            <div class="bar"></div>
            <div class="legend"></div>
            <div role="tablist">\(tabs)</div>
            <main>
            \(sections)
            </main>
            <noscript><p>The views need JavaScript. This page loads nothing from anywhere.</p></noscript>
            <script>
            (() => {
            "use strict";

            """)
        try output.write(Pages.sharedScript)
        try output.write(Pages.reportScript)
        try output.write("globalThis.report = new Report(")
        try output.write(data)
        try output.write(");\n})();\n</script>\n</body>\n</html>\n")
    }

    private var tabs: String {
        Self.views.enumerated().map { index, view in
            "<button type=\"button\" role=\"tab\" data-view=\"\(view.0)\" aria-controls=\"\(view.0)\" "
                + "aria-selected=\"\(index == 0)\" tabindex=\"\(index == 0 ? 0 : -1)\">\(view.1)</button>"
        }.joined()
    }

    private var sections: String {
        Self.views.enumerated().map { index, view in
            let isFlame = ["flame", "callers"].contains(view.0)
            return "<section id=\"\(view.0)\" role=\"tabpanel\"\(isFlame ? " class=\"flame\"" : "")"
                + "\(index == 0 ? "" : " hidden")>\(view.0 == "about" ? about : "")</section>"
        }.joined(separator: "\n")
    }

    private var about: String {
        let list = facts.map {
            "<dt>\(xmlEscaped($0.term))</dt><dd>\(xmlEscaped(sanitised($0.text, isSentence: true)))</dd>"
        }.joined(separator: "\n")
        return """
            <dl>
            \(list)
            </dl>
            <h2>How to read it</h2>
            <p>The wider a frame, the more samples had it on the stack. Below a frame (above it, as a flame) is what it
            called. Own code is orange, each library has a colour of its own, the standard library is grey.</p>
            <p>Click a frame to zoom. <kbd>Esc</kbd> shows everything again, <kbd>/</kbd> or <kbd>Ctrl-F</kbd> searches,
            <kbd>l</kbd> switches between functions and lines, <kbd>i</kbd> between icicle and flame. Drag over
            the time line to see a part of the run; click it to see all.</p>
            <p>Missed samples are ticks at which the profiler was late, failed ones those in which no consistent
            stack could be read, idle ones those in which no thread held the GIL.</p>
            """
    }
}
