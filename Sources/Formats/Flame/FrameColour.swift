import FrameDecoding
import Profiles

/// The class of a frame's colour, one of those in Pages/shared/palette.css. The same code has the same
/// colour in every picture.
enum FrameColour {
    /// Own code in warm tints by function, a cold one for each library, greys for the standard library.
    static func of(_ frame: Frame) -> String {
        switch frame.kind {
        case .python, .native: CodeOrigin(frame).map { of($0, function: frame.name) } ?? "t"
        case .label: "t"
        case .idle: "i"
        case .failed: "x"
        case .omitted: "p"
        }
    }

    private static func of(_ origin: CodeOrigin, function: String) -> String {
        switch origin.kind {
        case .own: "o\(hash(function) % 6)"
        case .native: "n\(hash(origin.package) % 3)"
        case .library: "l\(hash(origin.package) % 18)"
        case .standard: "s\(hash(origin.package) % 3)"
        case .generated: "g"
        }
    }

    /// For comparisons: from `d0`, the strongest decrease, to `d14`. Shares are of 1.
    static func ofChange(_ change: Double, largest: Double) -> String {
        guard largest > 0, change != 0 else { return "d7" }
        // The square root, so that changes can be told apart beside a large one.
        let steps = Int((7 * (change.magnitude / largest).squareRoot()).rounded())
        return "d\(change < 0 ? 7 - steps : 7 + steps)"
    }

    /// FNV-1a: the same in every run, unlike Swift's own.
    private static func hash(_ text: String) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash ^ hash >> 15
    }
}
