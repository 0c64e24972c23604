import Glibc

/// One line of a terminal that is written again and again in place. Writing never waits: what the
/// terminal does not take at once (flow control, a slow line) is dropped.
final class TerminalLine {
    /// An open file of its own: O_NONBLOCK on the shared one would reach everybody who has it.
    private let descriptor: Int32
    private var isShown = false

    /// Nil when stderr is not a terminal, or one that cannot go back to the start of a line.
    init?() {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !kind.isEmpty, kind != "dumb" else { return nil }
        descriptor = open(
            "/proc/self/fd/\(STDERR_FILENO)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// Shows `text`, which is ASCII, as far as it fits.
    func show(_ text: String) {
        guard isInForeground else { return }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let width = known ? Int(size.ws_col) : 80
        isShown = true
        put("\r" + text.prefix(width - 1) + Self.clearToEnd)
    }

    /// Takes the line away again.
    func clear() {
        guard isShown, isInForeground else { return }
        isShown = false
        // It is only done once, so a busy terminal gets a moment.
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, 100)
        put("\r" + Self.clearToEnd)
    }

    private static let clearToEnd = "\u{1b}[K"

    /// A background job has no business on the terminal, and may be stopped for writing to it. Where it is
    /// not the controlling terminal there is no job control.
    private var isInForeground: Bool {
        let group = tcgetpgrp(descriptor)
        return group < 0 || group == getpgrp()
    }

    private func put(_ text: String) {
        _ = text.withCString { write(descriptor, $0, strlen($0)) }
    }
}
