import FrameDecoding

/// Frames as text: `file:name:line`, or `file:name`; headings as they are. Each distinct frame is formatted once.
public final class FrameFormatter {
    /// The frames that it formats.
    public let frames: FrameTable
    public let lineNumbers: Bool
    private var texts: [String?] = []

    public init(frames: FrameTable, lineNumbers: Bool = true) {
        self.frames = frames
        self.lineNumbers = lineNumbers
    }

    public func text(_ id: FrameID) -> String {
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

/// `text` with escapes in place of all that could break a line, end a frame, or make a terminal do
/// anything but show it. The names are the target's, so they may be hostile. Sentences may keep their
/// semicolons.
public func sanitised(_ text: String, isSentence: Bool = false) -> String {
    func isUnsafeHere(_ scalar: Unicode.Scalar) -> Bool {
        isUnsafe(scalar) && !(isSentence && scalar == ";")
    }
    guard text.unicodeScalars.contains(where: isUnsafeHere) else { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
        if isUnsafeHere(scalar) {
            safe += escape(scalar)
        } else {
            safe.unicodeScalars.append(scalar)
        }
    }
    return safe
}

private func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x3b, 0x7f..<0xa0: true  // C0, `;`, DEL and C1
    case 0x2028, 0x2029: true  // line and paragraph separators
    case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true  // bidi controls
    default: false
    }
}

private func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default:
        scalar.value < 0x100
            ? "\\x" + hexadecimal(scalar.value, digits: 2)
            : "\\u" + hexadecimal(scalar.value, digits: 4)
    }
}

func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text
}
