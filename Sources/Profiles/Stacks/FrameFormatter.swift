import FrameDecoding

/// Frames as text: `file:name:line`, or `file:name`; what is no code is its name alone. Each distinct frame is formatted once.
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
        let text = text(frame)
        texts[index] = text
        return text
    }

    private func text(_ frame: Frame) -> String {
        let name = sanitised(frame.name)
        switch frame.kind {
        case .python:
            let place = sanitised(frame.file) + ":" + name
            return lineNumbers ? place + ":\(frame.line)" : place
        // Native code seldom has a line that is known.
        case .native:
            let place = frame.file.isEmpty ? name : sanitised(frame.file) + ":" + name
            return lineNumbers && frame.line > 0 ? place + ":\(frame.line)" : place
        case .label, .idle, .failed, .omitted: return name
        }
    }
}
