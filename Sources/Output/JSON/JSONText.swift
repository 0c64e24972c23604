import FrameDecoding

/// A name of the target's as a JSON string. What could hide or reorder text is an escape that is seen, as in every
/// format, also when the JSON has been read. Control characters are left to JSON's own escapes.
package func jsonName(_ name: String) -> String { jsonString(withoutDeception(name)) }

/// `text` as a JSON string (RFC 8259), quotes included.
package func jsonString(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": json += "\\\""
        case "\\": json += "\\\\"
        case "\n": json += "\\n"
        case "\r": json += "\\r"
        case "\t": json += "\\t"
        // Beyond what JSON asks: DEL and C1 for terminals, the separators for JavaScript, and what deceives readers.
        case "\0"..<" ", "\u{7f}"..<"\u{a0}": json += escape(scalar.value)
        case _ where isDeceptive(scalar): for unit in String(scalar).utf16 { json += escape(UInt32(unit)) }
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}

private func escape(_ unit: UInt32) -> String { "\\u" + hexadecimal(unit, digits: 4) }
