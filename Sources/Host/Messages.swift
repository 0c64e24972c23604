import FrameDecoding
import Glibc

/// Writes a message to stderr. Names in it may be the target's, so no control character reaches the terminal.
func complain(_ message: String) {
    let text = message.split(separator: "\n", omittingEmptySubsequences: false)
        .map { sanitised(String($0), isSentence: true) }.joined(separator: "\n")
        + (message.hasSuffix("\n") ? "" : "\n")
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// What the C library says of its last error.
func lastError() -> String { String(cString: strerror(errno)) }
