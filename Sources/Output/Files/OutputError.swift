import FrameDecoding
import Glibc

/// Why output cannot be, or could not be, written.
package enum OutputError: Error, Equatable, Sendable {
    case cannotOpen(path: String, errno: Int32)
    case cannotWrite(path: String, errno: Int32)
    /// The profile is complete, but only in a file of another name.
    case cannotReplace(path: String, errno: Int32, complete: String)
    /// Nobody reads standard output.
    case standardOutputClosed
    /// The reader of a pipe has gone (`| head`): no error to talk about, see `endAfterBrokenPipe()`.
    case brokenPipe

    /// A sentence for stderr; names are made safe to show.
    package var explanation: String {
        switch self {
        case .cannotOpen(let path, let errno):
            "Failed to open output file \(sanitised(path)): \(errorText(errno))"
        case .cannotWrite(let path, let errno):
            "Failed to write \(sanitised(path)): \(errorText(errno))"
        case .cannotReplace(let path, let errno, let complete):
            "Failed to replace \(sanitised(path)): \(errorText(errno)). "
                + "The output is complete in \(sanitised(complete))"
        case .standardOutputClosed: "Standard output is closed: there is nowhere to write to"
        case .brokenPipe: "Broken pipe"
        }
    }
}

private func errorText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}
