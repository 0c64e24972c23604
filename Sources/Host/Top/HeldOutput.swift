import Glibc
import Output

/// Where the output of a command goes while a screen covers the terminal: into a file without a name,
/// whose end is shown when the screen is left. Output that is redirected goes where it was to go.
final class HeldOutput {
    private(set) var file: Int32 = -1
    private static let mostShown: off_t = 1 << 16

    /// Runs `body`, which starts the command, with descriptors that leave the terminal alone.
    func whileStarting<Result, Trouble: Error>(
        _ body: () throws(Trouble) -> Result
    ) throws(Trouble) -> Result {
        file = Self.namelessFile()
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        var saved: [(descriptor: Int32, copy: Int32)] = []
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where isatty(descriptor) == 1 {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { continue }
            saved.append((descriptor, copy))
            dup2(descriptor == STDIN_FILENO || file < 0 ? nothing : file, descriptor)
        }
        defer {
            for (descriptor, copy) in saved {
                dup2(copy, descriptor)
                close(copy)
            }
            close(nothing)
        }
        return try body()
    }

    private static func namelessFile() -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array((folder + "/pyflame-XXXXXX").utf8CString)
        let file = mkstemp(&path)
        if file >= 0 {
            unlink(path)
            _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        }
        return file
    }

    /// Writes the end of what was held to the terminal that it was kept from.
    func show(on descriptor: Int32? = nil) {
        guard file >= 0 else { return }
        defer {
            close(file)
            file = -1
        }
        let size = lseek(file, 0, SEEK_END)
        guard size > 0 else { return }
        let terminal = descriptor ?? (isatty(STDOUT_FILENO) == 1 ? STDOUT_FILENO : STDERR_FILENO)
        var place = max(0, size - Self.mostShown)
        if place > 0 { complain("pyflame: the last 64 KB of the command's output:") }
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while case let count = pread(file, &buffer, buffer.count, place), count > 0 {
            guard buffer.withUnsafeBytes({ writeAll(terminal, UnsafeRawBufferPointer(rebasing: $0[..<count])) }) == 0
            else { return }
            place += off_t(count)
        }
    }

    deinit { if file >= 0 { close(file) } }
}
