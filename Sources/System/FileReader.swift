import CLinux
import Glibc

/// Reads files through a child process that has exactly the rights of a target's user (CLinux/filereader.c).
///
/// What does not answer in time is left behind: a file system may keep a process that asks it waiting for ever.
package final class FileReader {
    /// A part of a file, and what the file as a whole is.
    package struct Part {
        package var bytes: [UInt8]
        /// Of the whole file, in bytes.
        package var size: Int
        /// When its contents were changed last, in nanoseconds since the Unix epoch.
        package var changedAt: Int
    }

    /// An errno. ETIMEDOUT: no answer in time. EINVAL: no regular file. ENOTSUP: not a file system of this machine.
    /// EPERM: the rights cannot be taken on.
    package struct Refusal: Error {
        package var errno: Int32

        package init(errno: Int32) { self.errno = errno }
    }

    package static let longestPart = Int(CL_READ_LIMIT)

    private let channel: Int32
    private let child: pid_t
    private let pidfd: Int32
    package private(set) var isLost = false

    /// `root` is an open folder, below which all paths are resolved. Of `capabilities` (bits as in linux/capability.h) the
    /// reader keeps those that concern files.
    package init(
        root: Int32, user: uid_t, group: gid_t, groups: [gid_t], capabilities: UInt64
    ) throws(Refusal) {
        var channel: Int32 = -1
        var pidfd: Int32 = -1
        child = groups.withUnsafeBufferPointer { groups in
            var raw = cl_rights(
                user: user, group: group, groups: groups.baseAddress, group_count: groups.count,
                capabilities: capabilities)
            return cl_start_file_reader(root, &raw, &channel, &pidfd)
        }
        self.channel = channel
        self.pidfd = pidfd
        guard child > 0 else { throw Refusal(errno: -child) }
    }

    deinit {
        guard child > 0 else { return }
        // It ends by itself when the channel is closed, unless it hangs.
        close(channel)
        if isLost { _ = pidfd >= 0 ? cl_pidfd_send_signal(pidfd, SIGKILL) : kill(child, SIGKILL) }
        let end = monotonicNow() + 50_000_000
        while waitpid(child, nil, WNOHANG) == 0, !isLost, monotonicNow() < end { usleep(200) }
        if pidfd >= 0 { close(pidfd) }
    }

    /// `count` bytes from `offset` on, fewer at the end of the file. `deadline` is in monotonic nanoseconds.
    package func read(_ path: String, from offset: Int = 0, count: Int, before deadline: UInt64) throws(Refusal) -> Part {
        guard !isLost else { throw Refusal(errno: ETIMEDOUT) }
        let path = Array(path.utf8)
        guard path.count <= Int(CL_READ_PATH_LIMIT) else { throw Refusal(errno: ENAMETOOLONG) }
        let request = cl_read_request(
            offset: Int64(offset), length: UInt32(min(count, Self.longestPart)), path_length: UInt32(path.count))
        var answer = cl_read_answer()
        var bytes: [UInt8] = []
        do {
            try withUnsafeBytes(of: request) { try send($0, before: deadline) }
            try path.withUnsafeBytes { try send($0, before: deadline) }
            try withUnsafeMutableBytes(of: &answer) { try receive($0, before: deadline) }
            // The child belongs to the target's user by now, so what it says is checked.
            guard answer.length <= request.length else { throw Refusal(errno: EPROTO) }
            bytes = [UInt8](repeating: 0, count: Int(answer.length))
            try bytes.withUnsafeMutableBytes { try receive($0, before: deadline) }
        } catch {
            isLost = true
            throw error as? Refusal ?? Refusal(errno: EPROTO)
        }
        guard answer.error == 0 else { throw Refusal(errno: answer.error) }
        let (seconds, isHuge) = Int(answer.changed_seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return Part(
            bytes: bytes, size: Int(answer.size),
            changedAt: isHuge ? 0 : seconds &+ Int(answer.changed_nanoseconds))
    }

    private func send(_ bytes: UnsafeRawBufferPointer, before deadline: UInt64) throws(Refusal) {
        var done = 0
        while done < bytes.count {
            try wait(for: POLLOUT, before: deadline)
            let part = Glibc.send(
                channel, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            if part < 0, [EINTR, EAGAIN].contains(errno) { continue }
            guard part > 0 else { throw Refusal(errno: EPIPE) }
            done += part
        }
    }

    private func receive(_ buffer: UnsafeMutableRawBufferPointer, before deadline: UInt64) throws(Refusal) {
        var done = 0
        while done < buffer.count {
            try wait(for: POLLIN, before: deadline)
            let part = recv(channel, buffer.baseAddress! + done, buffer.count - done, Int32(MSG_DONTWAIT))
            if part < 0, [EINTR, EAGAIN].contains(errno) { continue }
            guard part > 0 else { throw Refusal(errno: EPIPE) }
            done += part
        }
    }

    private func wait(for event: Int32, before deadline: UInt64) throws(Refusal) {
        while true {
            let now = monotonicNow()
            guard now < deadline else { throw Refusal(errno: ETIMEDOUT) }
            var ready = pollfd(fd: channel, events: Int16(event), revents: 0)
            if poll(&ready, 1, Int32(min((deadline - now) / 1_000_000 + 1, 60_000))) > 0 { return }
        }
    }
}

/// The number of the mount that an open file or folder is on, which no other mount has; nil where it is not told.
package func mountNumber(of descriptor: Int32) -> UInt64? {
    var mount: UInt64 = 0
    return cl_mount_of(descriptor, &mount) == 0 ? mount : nil
}
