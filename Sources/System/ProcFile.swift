import Glibc

extension Kernel {
    /// The bytes of a small file of /proc, which has no size: at most `limit`; nil when it cannot be opened or read.
    package func bytes(of path: String, limit: Int = 1 << 16) -> [UInt8]? {
        let descriptor = open(path, flags: O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 4096))
        while bytes.count < limit {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, into: $0, at: nil) }
            if count == -Int(EINTR) { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// The same as text; bytes that are not UTF-8 are replaced.
    package func text(of path: String, limit: Int = 1 << 16) -> String? {
        bytes(of: path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The small files of /proc: what the real kernel has in them, and how they are taken apart.
package enum ProcFile {
    /// The file's bytes, at most `limit`; nil when it cannot be opened or read (errno tells why).
    package static func read(_ path: String, limit: Int = 1 << 16) -> [UInt8]? {
        Linux.shared.bytes(of: path, limit: limit)
    }

    /// The same as text; bytes that are not UTF-8 are replaced.
    package static func text(_ path: String, limit: Int = 1 << 16) -> String? {
        Linux.shared.text(of: path, limit: limit)
    }

    // A process may give itself any name. The kernel's texts are therefore taken apart by bytes: to Swift a newline
    // is no character of its own behind a carriage return, nor a parenthesis behind certain signs.

    /// The value of `key` in a file of `key:\tvalue` lines such as /proc/PID/status.
    package static func field(_ key: String, of status: String) -> String? {
        for line in status.utf8.split(separator: newline) where line.starts(with: (key + ":").utf8) {
            let value = line.dropFirst(key.utf8.count + 1)
            return String(Substring(value.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }))
        }
        return nil
    }

    /// The first line of a file such as /proc/PID/comm.
    package static func firstLine(_ path: String) -> String? { read(path).map(firstLine(of:)) }

    package static func firstLine(of bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != newline }, as: UTF8.self)
    }

    /// The words of /proc/PID/stat (proc_pid_stat(5)) that follow the process's name: the first is field 3, the state.
    package static func stat(_ path: String) -> [String]? { read(path).flatMap(words(ofStat:)) }

    package static func words(ofStat bytes: [UInt8]) -> [String]? {
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        return bytes[(end + 1)...].split { $0 == UInt8(ascii: " ") || $0 == newline }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static let newline = UInt8(ascii: "\n")

    /// Names in a directory, without `.` and `..`; nil when it cannot be read.
    package static func names(in directory: String) -> [String]? { Linux.shared.names(in: directory) }
}
