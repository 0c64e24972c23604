import FrameDecoding

/// Text as it stands in the cells of a terminal.
struct CellText {
    /// Whether the terminal shows more than ASCII (its locale says UTF-8).
    let isUnicode: Bool

    /// What a cell cannot show is replaced, and nothing can command the terminal: names are the target's.
    func safe(_ text: String) -> String {
        let clean = sanitised(text, isSentence: true)
        guard !isUnicode, !clean.utf8.allSatisfy({ $0 < 0x80 }) else { return clean }
        return String(String.UnicodeScalarView(clean.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
    }

    /// `text` in exactly `width` cells, cut at its end or, with `keepsEnd`, at its beginning.
    func fit(_ text: String, _ width: Int, keepsEnd: Bool = false, isRight: Bool = false) -> String {
        guard width > 0 else { return "" }
        let cells = Self.width(text)
        if cells <= width {
            let blanks = String(repeating: " ", count: width - cells)
            return isRight ? blanks + text : text + blanks
        }
        let mark = isUnicode ? "…" : "~"
        var kept = String.UnicodeScalarView()
        var used = 1
        for scalar in keepsEnd ? Array(text.unicodeScalars.reversed()) : Array(text.unicodeScalars) {
            let wide = Self.width(scalar)
            if used + wide > width { break }
            used += wide
            kept.append(scalar)
        }
        let blanks = String(repeating: " ", count: width - used)
        return keepsEnd
            ? mark + String(String.UnicodeScalarView(kept.reversed())) + blanks : String(kept) + mark + blanks
    }

    static func width(_ text: String) -> Int {
        text.utf8.allSatisfy { $0 < 0x80 }
            ? text.utf8.count : text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// Cells of a character: two for East Asian wide ones and most pictographs (UAX #11), none for marks that
    /// combine.
    static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
            0xa000...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}

/// Select graphic rendition: how text looks. Everything is readable without any of it.
struct TextStyle {
    /// The terminal takes attributes such as bold and reverse video.
    let hasAttributes: Bool
    let hasColours: Bool

    func title(_ text: String) -> String { attribute("1", text) }
    func header(_ text: String) -> String { attribute("7", text) }
    func faint(_ text: String) -> String { attribute("2", text) }
    func hot(_ text: String) -> String { hasColours ? attribute("1;33", text) : attribute("1", text) }

    private func attribute(_ code: String, _ text: String) -> String {
        hasAttributes ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
