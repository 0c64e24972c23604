import CLinux
import Glibc

/// A process rather than a number: a PID is given to another process as soon as its process has been waited for.
///
/// Two open descriptors stand for it, a pidfd and the folder /proc/PID, which leads to this process or nowhere. When it
/// began and which program it runs are noted when the identity is made.
package final class ProcessIdentity: Sendable {
    package let pid: pid_t
    /// When it began, in clock ticks since boot; nil when there was no such process.
    package let startTime: UInt64?
    private let folder: Int32
    /// Negative where the kernel has none (before Linux 5.3).
    private let pidfd: Int32
    /// What it ran when this was made; nil where the kernel does not tell us.
    private let program: Program?

    /// What an execve changes: the program's file, and where its code and its stack begin.
    private struct Program: Equatable {
        var device: dev_t
        var inode: ino_t
        var code: String
        var stack: String
    }

    package init(pid: pid_t) {
        self.pid = pid
        pidfd = cl_pidfd_open(pid)
        folder = Glibc.open("/proc/\(pid)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        startTime = Self.startTime(folder)
        program = Self.program(folder)
    }

    deinit {
        if pidfd >= 0 { close(pidfd) }
        if folder >= 0 { close(folder) }
    }

    /// Whether all its threads have ended. One system call, so it may be asked in every sample: when it is answered with
    /// no after something was read of the process by its PID, that was this process.
    package var hasEnded: Bool {
        cl_count_calls(1)
        if pidfd >= 0 { return cl_pidfd_has_ended(pidfd) == 1 }
        guard let fields = Self.stat(folder, "stat") else { return true }
        // A process whose first thread has ended is shown as a zombie; field 20 counts the threads that live.
        return ["Z", "X"].contains(fields[0]) && (Int(fields[17]) ?? 0) <= 1
    }

    /// Whether it lives and runs the program that it ran when this was made.
    package func isStill() -> Bool { startTime != nil && !hasEnded && Self.program(folder) == program }

    /// Sends a signal to this process and to no other: 0 or an errno (ESRCH when it has ended).
    package func send(_ signal: Int32) -> Int32 {
        if pidfd >= 0 {
            let result = cl_pidfd_send_signal(pidfd, signal)
            if result != -ENOSYS { return -result }
        }
        // Without pidfds nothing better can be done than to look right before.
        guard startTime != nil, Self.startTime(folder) == startTime else { return ESRCH }
        return kill(pid, signal) == 0 ? 0 : errno
    }

    /// A file of its /proc folder, such as `status`, as text; nil when it cannot be read, or the process is gone.
    package func text(_ name: String, limit: Int = 1 << 16) -> String? {
        Self.read(folder, name, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Where a link in its /proc folder, such as `cwd`, leads.
    package func link(_ name: String) -> String? { Self.link(folder, name) }

    /// The folder that a link in its /proc folder, such as `root`, leads to: a descriptor that is good for finding files
    /// below it (O_PATH), or -errno.
    package func openFolder(_ name: String) -> Int32 {
        guard folder >= 0 else { return -ESRCH }
        // Swift does not see O_PATH.
        let descriptor = openat(folder, name, 0o10000000 | O_DIRECTORY | O_CLOEXEC)
        return descriptor >= 0 ? descriptor : -errno
    }

    // MARK: Reading /proc

    private static func read(_ folder: Int32, _ name: String, limit: Int) -> [UInt8]? {
        guard folder >= 0 else { return nil }
        let descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 4096))
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func stat(_ folder: Int32, _ name: String) -> [String]? {
        guard let fields = read(folder, name, limit: 4096).flatMap(ProcFile.words(ofStat:)), fields.count > 25 else {
            return nil
        }
        return fields
    }

    private static func startTime(_ folder: Int32) -> UInt64? { stat(folder, "stat").flatMap { UInt64($0[19]) } }

    private static func link(_ folder: Int32, _ name: String) -> String? {
        guard folder >= 0 else { return nil }
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = target.withUnsafeMutableBytes {
            readlinkat(folder, name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return length > 0 ? String(decoding: target[..<length], as: UTF8.self) : nil
    }

    private static func program(_ folder: Int32) -> Program? {
        if let program = program(folder, below: "") { return program }
        // A first thread that has ended has no memory any more; the others have.
        guard folder >= 0, stat(folder, "stat")?[0] == "Z" else { return nil }
        let tasks = openat(folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard tasks >= 0 else { return nil }
        guard let stream = fdopendir(tasks) else {
            close(tasks)
            return nil
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.first != ".", let program = program(folder, below: "task/\(name)/") else { continue }
            return program
        }
        return nil
    }

    private static func program(_ folder: Int32, below path: String) -> Program? {
        var file = Glibc.stat()
        guard folder >= 0, fstatat(folder, path + "exe", &file, 0) == 0, let fields = stat(folder, path + "stat") else {
            return nil
        }
        // Fields 26 and 28 of stat (proc_pid_stat(5)).
        return Program(device: file.st_dev, inode: file.st_ino, code: fields[23], stack: fields[25])
    }
}

extension ProcessIdentity: Hashable {
    package static func == (left: ProcessIdentity, right: ProcessIdentity) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
