import FrameDecoding

/// Frames as text: `file:name:line`, or `file:name`; headings as they are. Each distinct frame is formatted once.
package final class FrameFormatter {
    /// The frames that it formats.
    package let frames: FrameTable
    package let lineNumbers: Bool
    private var texts: [String?] = []

    package init(frames: FrameTable, lineNumbers: Bool = true) {
        self.frames = frames
        self.lineNumbers = lineNumbers
    }

    package func text(_ id: FrameID) -> String {
        let index = Int(id.index)
        while texts.count <= index { texts.append(nil) }
        if let known = texts[index] { return known }
        let frame = frames[id]
        var text = sanitised(frame.name)
        // A label, or `(idle)`.
        if !frame.file.isEmpty || frame.line > 0 {
            text = sanitised(frame.file) + ":" + text
            if lineNumbers { text += ":\(frame.line)" }
        }
        texts[index] = text
        return text
    }
}
