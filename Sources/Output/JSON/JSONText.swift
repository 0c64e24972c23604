import FrameDecoding

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
        // Beyond what JSON asks: DEL and C1 for terminals, the separators for JavaScript.
        case "\0"..<" ", "\u{7f}"..<"\u{a0}", "\u{2028}", "\u{2029}":
            json += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}
