import Glibc

/// Values of options as numbers. All reject signs, blanks, `nan`, `inf` and whatever follows the value.
enum Values {
    /// A process id.
    static func pid(_ text: String) throws(UsageError) -> Int32 {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit), let pid = Int32(text), pid > 0 else {
            throw .unparsable("PID", text, "a PID is a positive number, as ps shows it")
        }
        return pid
    }

    /// Nanoseconds of `30`, `0.5`, `30s`, `2m`, `1h`, `10ms`, `500us`.
    static func duration(_ text: String) throws(UsageError) -> UInt64 {
        let expected = "seconds are expected, or a number with us, ms, s, m or h"
        guard let (number, unit) = split(text), let scale = scales[unit] else {
            throw .unparsable("duration", text, expected)
        }
        guard let time = nanoseconds(number * scale) else {
            throw .unparsable("duration", text, "it is too long")
        }
        // Only a plain 0 means one sample.
        return time == 0 && number > 0 ? 1 : time
    }

    /// Nanoseconds between samples, of a duration or a frequency (`100Hz`, `1kHz`).
    static func interval(_ text: String) throws(UsageError) -> UInt64 {
        let expected = "seconds between samples are expected, or a number with us, ms, s or Hz"
        guard let (number, unit) = split(text) else { throw .unparsable("rate", text, expected) }
        let time: Double
        if let scale = scales[unit] {
            time = number * scale
        } else if let scale = frequencies[unit] {
            time = 1e9 / (number * scale)
        } else {
            throw .unparsable("rate", text, expected)
        }
        guard number > 0 else { throw .unparsable("rate", text, "it must be above zero") }
        guard let interval = nanoseconds(time) else {
            throw .unparsable("rate", text, "that is too long between samples")
        }
        guard interval > 0 else {
            throw .unparsable("rate", text, "less than a nanosecond between samples")
        }
        return interval
    }

    private static let scales: [String: Double] = [
        "": 1e9, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
    private static let frequencies: [String: Double] = ["hz": 1, "khz": 1e3]

    /// Nil beyond 292 years, where clocks end.
    private static func nanoseconds(_ time: Double) -> UInt64? {
        Int64(exactly: time.rounded()).map { UInt64($0) }
    }

    /// A number without a sign, and the unit that follows it (Hz in any case).
    private static func split(_ text: String) -> (Double, unit: String)? {
        var end = text.utf8.startIndex
        func skip(_ isWanted: (UInt8) -> Bool) {
            while end < text.utf8.endIndex, isWanted(text.utf8[end]) {
                end = text.utf8.index(after: end)
            }
        }
        skip { isDigit($0) || $0 == UInt8(ascii: ".") }
        let mantissa = end
        // An exponent, as in 1e-3, only when digits follow.
        if end < text.utf8.endIndex, text.utf8[end] | 0x20 == UInt8(ascii: "e") {
            end = text.utf8.index(after: end)
            if end < text.utf8.endIndex, [UInt8(ascii: "-"), UInt8(ascii: "+")].contains(text.utf8[end]) {
                end = text.utf8.index(after: end)
            }
            let digits = end
            skip(isDigit)
            if end == digits { end = mantissa }
        }
        let digits = String(text[..<end])
        guard digits.utf8.contains(where: isDigit), let number = strictDouble(digits),
            number.isFinite
        else { return nil }
        let unit = String(text[end...])
        return (number, unit.lowercased().hasSuffix("hz") ? unit.lowercased() : unit)
    }

    /// `.5` and `5.` are numbers to strtod, and were to pyflame 1.6.
    private static func strictDouble(_ digits: String) -> Double? {
        var end: UnsafeMutablePointer<CChar>?
        return digits.withCString { start in
            let number = strtod(start, &end)
            return end.map { $0.pointee == 0 } == true ? number : nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
