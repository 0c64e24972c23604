/// `text` with escapes in place of all that could break a line, end a frame, or make a terminal do
/// anything but show it. The names are the target's, so they may be hostile. Sentences may keep their
/// semicolons.
public func sanitised(_ text: String, isSentence: Bool = false) -> String {
    escaped(text) { isUnsafe($0) && !(isSentence && $0 == ";") }
}

/// `text` with escapes in place of deceptive characters only, for formats that have escapes of their own for
/// all others.
public func withoutDeception(_ text: String) -> String { escaped(text, isDeceptive) }

private func escaped(_ text: String, _ isUnsafe: (Unicode.Scalar) -> Bool) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
        if isUnsafe(scalar) {
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
    case 0..<0x7f: false
    default: isDeceptive(scalar)
    }
}

/// Whether a character is not seen itself but changes what is: controls of direction (U+202E), what is
/// invisible or may be ignored (U+200B, U+FEFF, tags, variation selectors), and ends of lines beyond ASCII.
public func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0xa0: false
    case 0x2028, 0x2029: true  // line and paragraph separators
    case 0x2800, 0xfff9...0xfffb: true  // a blank pattern, annotations
    default: scalar.properties.isDefaultIgnorableCodePoint
    }
}

private func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default:
        switch scalar.value {
        case 0..<0x100: "\\x" + hexadecimal(scalar.value, digits: 2)
        case 0..<0x10000: "\\u" + hexadecimal(scalar.value, digits: 4)
        default: "\\U" + hexadecimal(scalar.value, digits: 8)
        }
    }
}
