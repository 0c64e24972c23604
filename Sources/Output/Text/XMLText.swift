/// `text` for the content or an attribute of XML 1.0, which has no way at all to write most control
/// characters: they become the replacement character.
package func xmlEscaped(_ text: String) -> String {
    var xml = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": xml += "&amp;"
        case "<": xml += "&lt;"
        case ">": xml += "&gt;"
        case "\"": xml += "&quot;"
        case "'": xml += "&#39;"
        case "\t", "\n", "\r": xml += "&#\(scalar.value);"
        case "\0"..<" ", "\u{7f}"..<"\u{a0}", "\u{fffe}", "\u{ffff}": xml += "\u{fffd}"
        default: xml.unicodeScalars.append(scalar)
        }
    }
    return xml
}
