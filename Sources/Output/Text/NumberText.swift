/// Numbers as people read them, without Foundation.
package enum NumberText {
    /// `12,345`
    package static func count(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// `1 sample`, `12 samples`
    package static func counted(_ number: Int, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// With as many digits after the point as `places` says, 1 to 3.
    package static func fixed(_ number: Double, places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        guard let scaled = Int(exactly: (number * Double(scale)).rounded()) else { return "?" }
        let fraction = String(Int(scaled.magnitude) % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale)).\(zeros)\(fraction)"
    }

    /// `12.3 %`
    package static func share(_ part: Int, of whole: Int) -> String {
        whole > 0 ? fixed(100 * Double(part) / Double(whole), places: 1) + " %" : "0 %"
    }

    /// Nanoseconds in a unit that suits them: `12.3 s`, `4 min 5 s`.
    package static func duration(_ nanoseconds: UInt64) -> String {
        let seconds = Double(nanoseconds) / 1e9
        if seconds < 1 { return fixed(seconds * 1000, places: 1) + " ms" }
        if seconds < 120 { return fixed(seconds, places: 1) + " s" }
        let whole = nanoseconds / 1_000_000_000
        return whole < 7200 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// Of an interval in nanoseconds: `100 Hz`.
    package static func rate(_ interval: UInt64) -> String {
        guard interval > 0 else { return "?" }
        let rate = 1e9 / Double(interval)
        let rounded = rate.rounded()
        return (rate - rounded).magnitude < 0.05 ? "\(count(Int(rounded))) Hz" : fixed(rate, places: 1) + " Hz"
    }
}
