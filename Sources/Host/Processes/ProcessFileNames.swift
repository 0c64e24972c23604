import Glibc
import Output

/// Names for the files of `--per-process`: `profile.folded` gives `profile.PID.folded`. A PID that is used
/// again during the run gives `profile.PID-2.folded`.
final class ProcessFileNames {
    private let stem: String
    private let ending: String
    private var used: [Int32: Int] = [:]

    /// `path` is the name that the user gave. Its known ending, if it has one, else its last one stays at the end.
    init(path: String, knownEnding: String?) {
        let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let base = path[(start ?? path.startIndex)...]
        let cut =
            knownEnding.flatMap { base.utf8.count > $0.utf8.count ? $0 : nil }.map { base.utf8.index(base.endIndex, offsetBy: -$0.utf8.count) }
            ?? base.lastIndex(of: ".").flatMap { $0 > base.startIndex ? $0 : nil } ?? base.endIndex
        stem = String(path[..<cut])
        ending = String(path[cut...])
    }

    /// For the next process with this PID.
    func next(_ pid: Int32) -> String {
        let number = used[pid, default: 0] + 1
        used[pid] = number
        return stem + (number == 1 ? ".\(pid)" : ".\(pid)-\(number)") + ending
    }

    /// Throws if no file can be made there, or something else has the user's name.
    func check(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw Failure(
                explanation: "Cannot write one file per process beside \(path): it is no regular file. "
                    + "Give a name such as profile.folded, for profile.PID.folded")
        }
        _ = try OutputFile(path: stem + ".0" + ending)
    }
}
