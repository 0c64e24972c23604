import FrameDecoding
import Glibc
import System
import TargetMemory

/// Reads source files as the target sees them, with the rights of the target's user.
///
/// What is read is named by the target's memory, so it may name anything: the path is resolved in the
/// target's root (links, too), only a regular file is opened, and never one that the target's own
/// user could not read. Of a file at most `sizeLimit` bytes are read.
package final class TargetSources: SourceFiles {
    package static let sizeLimit = 1 << 20
    package init() {}

    private var targets: [TargetFolders] = []

    package func add(_ process: ProfiledProcess) {
        // Processes that share a root show the same files; a few differ at most.
        guard targets.count < 16, let target = TargetFolders(pid: process.pid) else { return }
        targets.append(target)
    }

    package func read(_ path: String) -> SourceText {
        guard !path.isEmpty, !path.hasPrefix("<"), !path.utf8.contains(0) else {
            return SourceText(text: nil, note: "this code has no source file")
        }
        var error = ESRCH
        for target in targets {
            let descriptor = target.open(path)
            guard descriptor >= 0 else {
                if error == ESRCH { error = -descriptor }
                continue
            }
            defer { close(descriptor) }
            return Self.text(descriptor, startOfProcess: target.startedAt)
        }
        return SourceText(text: nil, note: "its source cannot be read: " + Self.explanation(error))
    }

    private static func explanation(_ error: Int32) -> String {
        switch error {
        case EINVAL: "not a regular file"
        case EPERM: "only root can take on the rights of the process's user"
        case ESRCH: "the process had ended before its files could be found"
        default: String(cString: strerror(error))
        }
    }

    private static func text(_ descriptor: Int32, startOfProcess: Int?) -> SourceText {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            return SourceText(text: nil, note: "its source cannot be read: " + explanation(errno))
        }
        guard status.st_size <= sizeLimit else {
            return SourceText(text: nil, note: "its source is larger than \(sizeLimit >> 20) MB")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                return SourceText(text: nil, note: "its source cannot be read: " + explanation(errno))
            }
            if count == 0 { break }
            filled += count
        }
        guard !bytes[..<filled].contains(0) else {
            return SourceText(text: nil, note: "its file holds no text")
        }
        let isNewer = startOfProcess.map { status.st_mtim.tv_sec > $0 } ?? false
        return SourceText(
            text: String(decoding: bytes[..<filled], as: UTF8.self),
            note: isNewer ? "the file was changed after the process had started: lines may not match" : "")
    }
}

/// A process's root and working folder, and who it is; held while it may end.
private final class TargetFolders {
    /// Seconds since the Unix epoch.
    let startedAt: Int?
    private let root: Int32
    /// The working folder, as the process would write it.
    private let folder: String
    private let user: uid_t
    private let group: gid_t
    private let groups: [gid_t]

    init?(pid: pid_t) {
        guard let status = ProcFile.text("/proc/\(pid)/status"),
            let users = ProcFile.field("Uid", of: status).map(Self.numbers), users.count == 4,
            let owners = ProcFile.field("Gid", of: status).map(Self.numbers), owners.count == 4
        else { return nil }
        root = Glibc.open("/proc/\(pid)/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // The last of real, effective, saved and file system ids.
        user = users[3]
        group = owners[3]
        groups = ProcFile.field("Groups", of: status).map(Self.numbers) ?? []
        let rootPath = Self.link("/proc/\(pid)/root") ?? "/"
        let folder = Self.link("/proc/\(pid)/cwd") ?? "/"
        let isInside = rootPath != "/" && folder.hasPrefix(rootPath + "/")
        self.folder = isInside ? String(folder.dropFirst(rootPath.count)) : folder
        startedAt = Self.start(of: pid)
        guard root >= 0 else { return nil }
    }

    deinit { if root >= 0 { close(root) } }

    /// A descriptor, or -errno.
    func open(_ path: String) -> Int32 {
        let full = path.hasPrefix("/") ? path : folder + "/" + path
        return Linux.shared.open(full, below: root, as: user, group, groups)
    }

    private static func numbers(_ text: String) -> [UInt32] {
        text.split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) }
    }

    private static func link(_ path: String) -> String? {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = target.withUnsafeMutableBytes {
            readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return length > 0 ? String(decoding: target[..<length], as: UTF8.self) : nil
    }

    /// From field 22 of /proc/PID/stat, clock ticks since boot, and /proc/stat's time of boot (proc(5)).
    private static func start(of pid: pid_t) -> Int? {
        guard let fields = ProcFile.stat("/proc/\(pid)/stat"),
            let system = ProcFile.text("/proc/stat", limit: 1 << 22), fields.count > 19, let ticks = Int(fields[19]),
            let boot = system.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Int(boot.dropFirst(6))
        else { return nil }
        return bootTime + ticks / max(sysconf(Int32(_SC_CLK_TCK)), 1)
    }
}
