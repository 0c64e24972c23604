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
