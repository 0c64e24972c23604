import FrameDecoding
import Glibc

/// Where output goes: standard output or a file.
///
/// A regular file is written under another name beside it and renamed at the end, so a profile is never
/// half-written over an old one. Anything else (a pipe, a device) is written as it is. Whether it
/// can be written is found out when it is made, before any sampling.
package final class OutputFile {
    private enum Target {
        /// Nothing is written.
        case nowhere
        /// A descriptor to write to at once.
        case direct(Int32, close: Bool)
        /// A regular file, or one that is yet to be: to be replaced by a temporary one.
        case replaced(FileReplacement)
    }

    /// As the user knows it.
    package let name: String
    private let target: Target

    /// Without a path, or with `-`, standard output. A new file that is private is for its owner alone; one that is
    /// there already keeps its mode.
    package init(path: String? = nil, isPrivate: Bool = false) throws(OutputError) {
        guard let path, path != "-" else {
            name = "standard output"
            // Opened for reading only when the caller has filled a closed descriptor.
            let flags = fcntl(STDOUT_FILENO, F_GETFL)
            guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { throw .standardOutputClosed }
            target = .direct(STDOUT_FILENO, close: false)
            return
        }
        name = path
        target = try Self.target(path, isPrivate)
    }

    private init(nowhere name: String) {
        self.name = name
        target = .nowhere
    }

    /// Takes nothing: for those who write files of their own.
    package static func nowhere() -> OutputFile { OutputFile(nowhere: "nowhere") }

    deinit {
        switch target {
        case .direct(let descriptor, true): close(descriptor)
        case .direct, .nowhere: break
        case .replaced(let file): file.discard()
        }
    }

    /// Appends to the output.
    package func write(_ text: String) throws { try profile.write(text) }

    /// The same for those who write a profile.
    package var profile: ProfileOutput { ProfileOutput { try self.write($0) } }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        let error =
            switch target {
            case .nowhere: Int32(0)
            case .direct(let descriptor, _): writeAll(descriptor, bytes)
            case .replaced(let file): file.write(bytes)
            }
        if error == EPIPE { throw .brokenPipe }
        if error != 0 { throw .cannotWrite(path: name, errno: error) }
    }

    /// Puts the output in its place; to be called once, when all is written.
    package func commit() throws(OutputError) {
        if case .replaced(let file) = target { try file.commit(name: name) }
    }

    private static func target(_ path: String, _ isPrivate: Bool) throws(OutputError) -> Target {
        if let number = descriptorNumber(path) {
            // Not opened anew: that would start at offset 0, and a socket cannot be.
            let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw .cannotOpen(path: path, errno: errno) }
            return .direct(copy, close: true)
        }
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else { return try direct(path, isPrivate) }
            // A link stays a link: what it leads to is replaced.
            guard let real = realpath(path, nil) else { throw .cannotOpen(path: path, errno: errno) }
            defer { free(real) }
            return .replaced(try FileReplacement(path: String(cString: real), name: path, old: status, isPrivate: isPrivate))
        }
        guard errno == ENOENT else { throw .cannotOpen(path: path, errno: errno) }
        // A link to nowhere makes the file that it names.
        guard lstat(path, &status) != 0 else { return try direct(path, isPrivate) }
        return .replaced(try FileReplacement(path: path, name: path, old: nil, isPrivate: isPrivate))
    }

    private static func direct(_ path: String, _ isPrivate: Bool) throws(OutputError) -> Target {
        let mode: mode_t = isPrivate ? 0o600 : 0o666
        guard let descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, mode: mode) else {
            throw .cannotOpen(path: path, errno: errno)
        }
        return .direct(descriptor, close: true)
    }

    /// The number in a path that names an open descriptor of this process.
    private static func descriptorNumber(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
                return Int32(path.dropFirst(folder.count))
            }
            return nil
        }
    }
}
