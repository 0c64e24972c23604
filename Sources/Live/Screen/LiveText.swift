import FrameDecoding

/// Lays a picture out for a terminal: one string for each line of the screen.
public struct LiveText {
    private let cells: CellText
    private let style: TextStyle

    public init(isUnicode: Bool = true, hasAttributes: Bool = true, hasColours: Bool = false) {
        cells = CellText(isUnicode: isUnicode)
        style = TextStyle(hasAttributes: hasAttributes, hasColours: hasColours)
    }

    /// Smaller screens than this show as much of the lines as fits.
    private static let narrowest = 20

    public struct Screen {
        public var lines: [String]
        /// Rows of the table that are seen.
        public var page: Int
        /// The first of them, as far down as there are any.
        public var offset: Int
    }

    public func screen(_ picture: LivePicture, _ view: LiveView, columns: Int, rows: Int) -> Screen {
        let width = max(columns, Self.narrowest)
        var top = [title(picture, width), meters(picture, view, width)]
        if let message = message(picture, view) { top.append(style.title(cells.fit(message, width))) }
        let bottom = footer(view, width)
        if view.showsHelp {
            let lines = (top + [""] + help.map { cells.fit($0, width) }).prefix(max(rows - 1, 0))
            let blanks = [String](repeating: "", count: max(0, rows - 1 - lines.count))
            return Screen(lines: Array((lines + blanks + [bottom]).suffix(max(rows, 0))), page: 1, offset: 0)
        }
        top.append("")
        if view.showsThreads {
            let space = max(1, (rows - 8) / 4)
            top += threads(picture, width, most: space)
            top.append("")
        }
        let arranged = view.arranged(picture.rows)
        top.append(header(view, width))
        let page = max(0, rows - top.count - 1)
        let offset = max(0, min(view.offset, arranged.count - page))
        var lines = top + arranged[offset...].prefix(page).map { row($0, width) }
        if arranged.isEmpty && page > 0 { lines.append(nothing(picture, view)) }
        lines += [String](repeating: "", count: max(0, rows - 1 - lines.count))
        return Screen(lines: Array(lines.prefix(max(rows - 1, 0))) + [bottom], page: page, offset: offset)
    }

    // MARK: - The head

    private func title(_ picture: LivePicture, _ width: Int) -> String {
        var text = ""
        if let process = picture.processes.last {
            text = picture.processes.count == 1
                ? "\(process.command), PID \(process.pid), Python \(process.version)"
                : "\(picture.processes.count) processes, Python \(process.version)"
        }
        let seconds = picture.elapsed / 1_000_000_000
        let time = "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        let right = "\(tenths(picture.rate)) Hz  \(time)"
        let left = "pyflame  " + cells.safe(text)
        let space = width - right.utf8.count - 2
        return space > 20 ? style.title(cells.fit(left, space)) + "  " + right : cells.fit(left, width)
    }

    private func meters(_ picture: LivePicture, _ view: LiveView, _ width: Int) -> String {
        let counts = "\(picture.samples) samples, \(picture.missed) missed, \(picture.failed) failed"
        let shares = "GIL held \(percent(picture.gil))  on CPU \(percent(picture.cpu))  "
        let space = min(30, width - shares.utf8.count - counts.utf8.count - 3)
        guard space >= 6 else { return cells.fit(shares + counts, width) }
        let full = Int((max(0, min(picture.gil, 1)) * Double(space)).rounded())
        let bar = String(repeating: cells.isUnicode ? "█" : "#", count: full)
            + String(repeating: cells.isUnicode ? "░" : ".", count: space - full)
        return cells.fit("GIL held \(percent(picture.gil)) ", 17) + bar
            + cells.fit("  on CPU \(percent(picture.cpu))  \(counts)", width - 17 - space)
    }

    private func message(_ picture: LivePicture, _ view: LiveView) -> String? {
        if !view.message.isEmpty { return cells.safe(view.message) }
        return picture.ending.map { cells.safe($0) + " - q quits, f saves a flame graph" }
    }

    // MARK: - The tables

    private func threads(_ picture: LivePicture, _ width: Int, most: Int) -> [String] {
        let several = picture.processes.count > 1
        let sorted = picture.threads.sorted {
            ($0.gil, $0.cpu, -Double($0.thread.threadID)) > ($1.gil, $1.cpu, -Double($1.thread.threadID))
        }
        let name = max(12, min(32, width - 46))
        var lines = [
            style.header(
                cells.fit(
                    cells.fit("THREAD", name) + cells.fit("GIL", 8, isRight: true)
                        + cells.fit("CPU", 8, isRight: true) + cells.fit("IDLE", 8, isRight: true) + "  LAST SEEN AT",
                    width))
        ]
        for row in sorted.prefix(sorted.count > most ? most - 1 : most) {
            let label = (several ? "\(row.thread.pid): " : "") + row.thread.label
            let place = "\(shortened(row.place.file)):\(row.place.name):\(row.place.line)"
            lines.append(
                cells.fit(cells.safe(label), name) + cells.fit(percent(row.gil), 8, isRight: true)
                    + cells.fit(percent(row.cpu), 8, isRight: true) + cells.fit(percent(row.idle), 8, isRight: true)
                    + "  " + cells.fit(cells.safe(place), width - name - 26))
        }
        if sorted.count > most {
            lines.append(style.faint("and \(sorted.count - max(most - 1, 0)) more threads (x hides them)"))
        }
        return lines
    }

    private func header(_ view: LiveView, _ width: Int) -> String {
        func mark(_ order: LiveView.Order, _ text: String) -> String {
            view.order == order ? (cells.isUnicode ? "▼" : ">") + text : text
        }
        let places = places(width)
        return style.header(
            cells.fit(
                cells.fit(mark(.own, "SELF"), 8, isRight: true) + cells.fit(mark(.total, "TOTAL"), 9, isRight: true)
                    + "  " + cells.fit(mark(.name, view.folding == .function ? "FUNCTION" : "LINE OF FUNCTION"), places.name)
                    + " FILE",
                width))
    }

    private func row(_ row: LiveRow, _ width: Int) -> String {
        let places = places(width)
        let file = cells.safe(row.file) + (row.line > 0 ? ":\(row.line)" : "")
        let own = cells.fit(percent(row.own), 8, isRight: true)
        let name = cells.fit(cells.safe(row.name), places.name)
        return (row.own >= 0.1 ? style.hot(own) : own) + cells.fit(percent(row.total), 9, isRight: true) + "  "
            + (row.own >= 0.1 ? style.hot(name) : name) + " "
            + style.faint(cells.fit(file, places.file, keepsEnd: true))
    }

    private func places(_ width: Int) -> (name: Int, file: Int) {
        let rest = max(0, width - 20)
        let name = max(min(rest, 12), rest * 9 / 20)
        return (name, rest - name)
    }

    private func nothing(_ picture: LivePicture, _ view: LiveView) -> String {
        if picture.samples == 0 { return "  no samples yet" }
        if !view.filter.isEmpty && !picture.rows.isEmpty { return "  nothing matches the filter" }
        switch view.counting {
        case .gil: return "  no thread holds the GIL: all wait, or run C code without it (m shows more)"
        case .cpu: return "  no thread uses a processor: all wait (m shows all of them)"
        case .wall: return "  no thread has a Python stack"
        }
    }

    // MARK: - The foot

    private func footer(_ view: LiveView, _ width: Int) -> String {
        if view.isTyping { return style.header(cells.fit("filter: \(cells.safe(view.filter))_", width)) }
        var parts = [
            view.isPaused ? "PAUSED" : nil, "\(view.counting.name) threads",
            view.isWindow ? "last \(LiveModel.windowSeconds) s" : "since start",
            view.folding == .function ? "by function" : "by line",
        ].compactMap { $0 }
        if !view.filter.isEmpty { parts.append("filter \(cells.safe(view.filter))") }
        let left = " " + parts.joined(separator: " | ")
        let right = "h help  q quit "
        let space = width - right.utf8.count
        return style.header(space > 10 ? cells.fit(left, space) + right : cells.fit(left, width))
    }

    private var help: [String] {
        [
            "SELF    share of samples in which the function itself ran",
            "TOTAL   the same, or a function that it called",
            "100 %   is one thread, all the time",
            "",
            "s t n   sort by self, total, name",
            "l       lines or functions",
            "m       which threads count: gil (that hold it), cpu (on a processor), wall (all)",
            "w       the last \(LiveModel.windowSeconds) seconds, or all since the start",
            "/       show only what has this in its name or file; Esc shows all again",
            "x       threads shown or not",
            "p space pause the picture; sampling goes on",
            "f       save a flame graph of all that was seen",
            "r       forget what was counted",
            "arrows  or j k, page up, page down, g G: scroll",
            "q       quit",
        ]
    }

    // MARK: - Numbers

    private func percent(_ share: Double) -> String { tenths(max(0, min(share, 999)) * 100) + " %" }

    private func tenths(_ value: Double) -> String {
        let number = Int((max(0, min(value, 1e9)) * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }

    private func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// A file's name without its folders.
    private func shortened(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
