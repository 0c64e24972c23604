import Glibc
import System

/// The terminal as a full screen: raw keys, the alternate screen, no cursor. However pyflame ends, short of
/// SIGKILL, the terminal is as it was before.
///
/// Four sequences of ECMA-48 and xterm's alternate screen are all that it takes, and every terminal of
/// today has them, so no curses library: linked statically it would outweigh the rest of the view, and
/// it owns signals and the terminal's state, which here belong to a program that traces others.
public final class Terminal {
    /// Why the screen cannot be had.
    public struct Unavailable: Error {
        public let explanation: String
    }

    /// An open file of its own: O_NONBLOCK on a shared one would reach everybody who has it.
    private let descriptor: Int32
    private var before = termios()
    private var shown: [String] = []
    private var isOpen = false

    private static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J"
    private static let leave = "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

    /// The terminal that the descriptor `shared` is open on.
    public init(on shared: Int32) throws(Unavailable) {
        guard isatty(shared) == 1 else {
            throw Unavailable(explanation: "it is not a terminal")
        }
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !kind.isEmpty, kind != "dumb" else {
            throw Unavailable(
                explanation: kind.isEmpty
                    ? "TERM is not set" : "a terminal of the kind \"\(kind)\" cannot move its cursor")
        }
        descriptor = open("/proc/self/fd/\(shared)", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Unavailable(explanation: "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        let group = tcgetpgrp(descriptor)
        guard group < 0 || group == getpgrp() else {
            close(descriptor)
            throw Unavailable(explanation: "pyflame runs in the background")
        }
        guard tcgetattr(descriptor, &before) == 0 else {
            close(descriptor)
            throw Unavailable(explanation: "it does not tell its state")
        }
    }

    deinit {
        restore()
        close(descriptor)
    }

    /// Takes the terminal over.
    public func start() {
        var raw = before
        cfmakeraw(&raw)
        // Output is translated as before; keys come at once, or not.
        raw.c_oflag = before.c_oflag
        isOpen = true
        TerminalGuard.begin(descriptor, state: before, sequence: Self.leave)
        tcsetattr(descriptor, TCSADRAIN, &raw)
        put(Self.enter)
        shown = []
    }

    /// Gives it back. May be called again, and by whoever ends the program.
    public func restore() {
        guard isOpen else { return }
        isOpen = false
        TerminalGuard.restore()
    }

    public var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Waits for keys; empty when none came in time, nil when the terminal is gone. Milliseconds.
    public func read(timeout: Int32) -> [UInt8]? {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, timeout) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Shows these lines, writing only those that changed.
    public func show(_ lines: [String], anew: Bool = false) {
        guard isOpen else { return }
        var text = anew ? "\u{1b}[2J" : ""
        for (row, line) in lines.enumerated() where anew || row >= shown.count || shown[row] != line {
            text += "\u{1b}[\(row + 1);1H\u{1b}[K\(line)"
        }
        if !anew, shown.count > lines.count { text += "\u{1b}[\(lines.count + 1);1H\u{1b}[J" }
        guard !text.isEmpty else { return }
        // What a slow line does not take in time is drawn anew the next time.
        shown = put(text) ? lines : []
    }

    @discardableResult
    private func put(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                if count > 0 {
                    sent += count
                } else if count < 0 && errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&wait, 1, 500) > 0 else { return false }
                } else if !(count < 0 && errno == EINTR) {
                    return false
                }
            }
            return true
        }
    }
}
