import FrameDecoding
import Profiles

/// The class of a frame's colour, one of those in Pages/shared/palette.css. The same code has the same
/// colour in every picture.
enum FrameColour {
    static let idle = "i"
    static let failed = "x"
    static let leftOut = "p"
    /// Names what lies above it: a process, a thread.
    static let label = "t"

    /// For frames that are no code, as they have no file; nil for all others.
    static func special(_ frame: Frame) -> String? {
        guard frame.file.isEmpty else { return nil }
        return switch frame.name {
        case CallProfile.idle.name: idle
        case CallProfile.failed.name: failed
        case CallProfile.leftOut.name: leftOut
        default: label
        }
    }

    /// Own code in warm tints by function, a cold one for each library, greys for the standard library.
    static func of(_ origin: CodeOrigin, function: String) -> String {
        switch origin.kind {
        case .own: "o\(hash(function) % 6)"
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
