import FrameDecoding
import Output
import Pages
import Profiles

/// An interactive flame graph as one SVG file without anything from outside.
///
/// It is drawn twice. What viewers without scripts show is plain SVG, 1200 pixels wide; in a browser
/// a script (Pages/svg) draws it anew from the packed profile, to the width of the window, and
/// goes on from there: zoom, search, folding, icicle.
package struct FlameGraphSVG {
    package struct Options: Sendable {
        package var folding = Folding.function
        package var lineNumbers = true
        /// Root at the top.
        package var isIcicle = false

        package init(folding: Folding = .function, lineNumbers: Bool = true, isIcicle: Bool = false) {
            self.folding = folding
            self.lineNumbers = lineNumbers
            self.isIcicle = isIcicle
        }
    }

    /// More than a browser is quick with as elements; what is left out has the fewest samples.
    static let frameLimit = 30_000

    private static let width = 1200
    private static let margin = 12
    private static let header = 78
    private static let rowHeight = 17
    /// Of a character of the fixed font at 11 pixels.
    private static let columnWidth = 6.65

    private let profile: CallProfile
    private let caption: PictureCaption
    private let options: Options

    /// `profile` has lines in its frames where they are known, also when it is drawn by function.
    package init(_ profile: CallProfile, caption: PictureCaption, options: Options = Options()) {
        self.profile = (options.lineNumbers ? profile : profile.folded(byName: true)).pruned(to: Self.frameLimit)
        self.caption = caption
        self.options = options
    }

    package func write(into output: ProfileOutput) throws {
        let drawn = options.folding == .function ? profile.folded() : profile
        let inner = Double(Self.width - 2 * Self.margin)
        let layout = FlameLayout(drawn) { Double($0) / inner / 2 }
        let height = Self.header + max(layout.rows, 1) * Self.rowHeight + Self.margin
        var piece = TextPiece()
        piece.text += """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" \
            width="\(Self.width)" height="\(height)">
            <title>\(xmlEscaped(sanitised(caption.title, isSentence: true)))</title>
            <style><![CDATA[
            \(Pages.pictureStyle)]]></style>
            <rect class="paper" width="100%" height="100%"/>
            <text class="title" x="\(Self.margin)" y="26">\(xmlEscaped(sanitised(caption.title, isSentence: true)))</text>
            <text class="details" x="\(Self.margin)" y="46">\(xmlEscaped(sanitised(caption.details, isSentence: true)))</text>

            """
        var frames = PackedFrames(frames: profile.frames, lineNumbers: options.lineNumbers)
        piece.text += legend(&frames)
        piece.text += """
            <g class="frames" tabindex="0" role="group" aria-label="Flame graph: arrow keys move, Enter zooms" \
            transform="translate(\(Self.margin) 0)">

            """
        try drawFrames(of: drawn, layout, inner: inner, into: &piece, output)
        piece.text += "</g>\n<script><![CDATA[\n(() => {\n\"use strict\";\n"
        piece.text += Pages.sharedScript + Pages.pictureScript
        piece.text += "const margin = \(Self.margin);\nconst header = \(Self.header);\n"
        piece.text += "new Picture(document.currentScript.ownerSVGElement, "
        try piece.passOn(output)
        piece.text += scriptSafe(data(&frames))
        piece.text += ");\n})();\n]]></script>\n</svg>\n"
        try piece.flush(output)
    }

    private func data(_ frames: inout PackedFrames) -> String {
        func packed(_ counts: [Int]) -> String {
            var text = PackedText()
            for count in counts { text.append(count) }
            return text.base64
        }
        let nodes = profile.tree.packed(&frames)
        var json = "{\(frames.json),\n\"nodes\":\"\(nodes)\",\n\"counts\":\"\(packed(profile.counts))\",\n"
        if let before = profile.before { json += "\"before\":\"\(packed(before))\",\n" }
        json += "\"fold\":\"\(options.folding.rawValue)\",\"icicle\":\(options.isIcicle)}"
        return json
    }

    private func drawFrames(
        of drawn: CallProfile, _ layout: FlameLayout, inner: Double, into piece: inout TextPiece,
        _ output: ProfileOutput
    ) throws {
        var frames = PackedFrames(frames: drawn.frames, lineNumbers: options.lineNumbers)
        let scale = inner / Double(max(layout.total, 1))
        let changes = Changes(drawn, layout.totals)
        for box in layout.boxes {
            let frame = drawn.frames[box.frame]
            let file = frames.file(box.frame)
            let row = options.isIcicle ? box.row : layout.rows - 1 - box.row
            let y = Self.header + row * Self.rowHeight
            let x = Double(box.start) * scale
            let width = Double(box.total) * scale
            let line = frame.line > 0 ? ":\(frame.line)" : ""
            let name = sanitised(frame.name, isSentence: true)
            var title = name
            if !file.path.isEmpty { title += "\n" + file.path + (line.isEmpty && frame.firstLine > 0 ? ":\(frame.firstLine)" : line) }
            title += "\n\(NumberText.counted(box.total, "sample")), \(NumberText.share(box.total, of: layout.total))"
            if let change = changes?.text(box.node) { title += "\n" + change }
            piece.text += "<g><title>\(xmlEscaped(title))</title>"
            piece.text += "<rect class=\"\(changes?.colour(box.node) ?? frames.colour(box.frame))\" x=\"\(decimal(x))\" y=\"\(y)\" "
            piece.text += "width=\"\(decimal(max(width - 0.6, 0.4)))\" height=\"\(Self.rowHeight - 1)\""
            piece.text += width > 6 ? " rx=\"2\"/>" : "/>"
            piece.text += text(name, place: file.shortPath + line, x: x, y: y, width: width) + "</g>\n"
            try piece.passOn(output)
        }
    }

    /// What is written on a frame: its name and, where there is room, its file.
    private func text(_ name: String, place: String, x: Double, y: Int, width: Double) -> String {
        let columns = Int((width - 6) / Self.columnWidth)
        guard columns >= 3 || name.count <= columns else { return "" }
        let fitted = name.count <= columns ? name : name.prefix(columns - 1) + "…"
        var text = "<text x=\"\(decimal(x + 4))\" y=\"\(y + 12)\">\(xmlEscaped(fitted))"
        if !place.isEmpty, fitted.count + 2 + place.count <= columns {
            text += "<tspan class=\"place\" dx=\"7\">\(xmlEscaped(place))</tspan>"
        }
        return text + "</text>"
    }

    /// The packages with the most samples of their own, or what the colours of a comparison mean.
    private func legend(_ frames: inout PackedFrames) -> String {
        var legend = PictureLegend(y: 64, left: Self.margin, right: Self.width - Self.margin)
        if profile.before != nil {
            for (colour, text) in [("d1", "less than before"), ("d7", "the same"), ("d13", "more")] {
                legend.add(colour: colour, text: text)
            }
            return legend.svg
        }
        var samples: [Int: Int] = [:]
        var colours: [Int: String] = [:]
        for index in 1..<max(profile.tree.count, 1) where profile.counts[index] > 0 {
            let frame = profile.tree.frame(of: CallTree.Node(index: UInt32(index)))
            let file = frames.file(frame)
            let colour = frames.colour(frame)
            samples[file.package, default: 0] += profile.counts[index]
            // Own code has several tints; one stands for all.
            colours[file.package] = colour.hasPrefix("o") ? "o2" : colour
        }
        // The modules of the standard library are one entry.
        var entries: [String: (colour: String, samples: Int)] = [:]
        for (package, count) in samples {
            let (kind, name) = frames.package(package)
            let text =
                switch kind {
                case CodeOrigin.Kind.own.rawValue: "own code"
                case CodeOrigin.Kind.standard.rawValue: "standard library"
                case CodeOrigin.Kind.generated.rawValue: "code without a file"
                default: name
                }
            let colour = kind == CodeOrigin.Kind.standard.rawValue ? "s0" : colours[package] ?? "g"
            entries[text, default: (colour, 0)].samples += count
        }
        let total = profile.counts.reduce(0, &+)
        for (text, entry) in entries.sorted(by: { ($1.value.samples, $0.key) < ($0.value.samples, $1.key) }) {
            legend.add(colour: entry.colour, text: "\(text) \(NumberText.share(entry.samples, of: total))")
        }
        return legend.svg
    }
}

func decimal(_ number: Double) -> String { NumberText.fixed(number, places: 2) }
