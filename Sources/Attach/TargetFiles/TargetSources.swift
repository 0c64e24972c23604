import FrameDecoding
import Glibc
import Sampler
import Synchronization
import System

/// Reads source files as the process sees them in which their code was seen, and no more than that process may read.
///
/// What is read is named by the target's memory, so it may name anything. A path is resolved in the root that the
/// process had when it was found, links included, by a child that has exactly its rights; and what was read is used only
/// if the process has the same rights and the same root still. Of a process that has ended, they are those at its end.
package final class TargetSources: SourceFiles, @unchecked Sendable {
    package static let sizeLimit = 1 << 20
    /// With `--top`, the screen's thread saves reports.
    private let lock = Mutex<Void>(())
    /// All the processes that had a PID, one after another.
    private var processes: [pid_t: [SourceProcess]] = [:]
    private var places: [SourcePlace.Key: SourcePlace] = [:]
    private var numbers: [SourcePlace.Key: Int] = [:]
    private var known: [Known: Result<FileReader.Part, FileReader.Refusal>] = [:]
    private var count = 0
    /// When reading has taken long enough (monotonic nanoseconds).
    private var deadline: UInt64?

    private struct Known: Hashable {
        var place: SourcePlace.Key
        var path: String
    }

    private static let mostProcesses = 1 << 16
    private static let mostPlaces = 256
    /// For all files together. Nanoseconds.
    private static let patience: UInt64 = 10_000_000_000

    package init() {}

    /// Notes what traced processes may read when they end.
    package func observe(_ tracees: Tracees) {
        tracees.observe { [weak self] event in
            guard case .ending(let pid) = event else { return }
            self?.lock.withLock { _ in self?.processes[pid]?.last?.noteEnding() }
        }
        tracees.tellsOfEndings = true
    }

    /// A process joins the profile. Its identity was made before its memory was read.
    package func add(_ identity: ProcessIdentity) { lock.withLock { _ in note(identity) } }

    private func note(_ identity: ProcessIdentity) {
        guard count < Self.mostProcesses else { return }
        count += 1
        processes[identity.pid, default: []].append(
            SourceProcess(identity) { root, key in
                guard places[key] == nil, places.count < Self.mostPlaces else {
                    close(root)
                    return
                }
                places[key] = SourcePlace(root: root, key: key)
                numbers[key] = numbers.count
            })
    }

    package func place(of process: Int32) -> Int? {
        lock.withLock { _ in processes[process]?.last?.place.flatMap { numbers[$0] } }
    }

    package func read(_ path: String, of process: Int32) -> SourceText {
        lock.withLock { _ in source(path, of: process) }
    }

    private func source(_ path: String, of process: Int32) -> SourceText {
        guard !path.isEmpty, !path.hasPrefix("<"), !path.utf8.contains(0) else {
            return SourceText(text: nil, note: "this code has no source file")
        }
        guard let members = processes[process], let member = members.last else {
            return Self.unreadable("too many processes were profiled")
        }
        // A PID that was used again: what is shown must be right for whichever of them the frame was in.
        if Set(members.map(\.place)).count > 1 {
            return Self.unreadable("several processes had the number \(process)")
        }
        guard let key = member.place else { return Self.unreadable(member.objection() ?? FileRights.hadEnded) }
        guard let place = places[key] else { return Self.unreadable("too many processes differ in what they may read") }
        let full = path.hasPrefix("/") ? path : member.folder + "/" + path
        let result = contents(of: full, in: place)
        for member in members {
            if let objection = member.objection() { return Self.unreadable(objection) }
        }
        switch result {
        case .success(let part): return Self.text(part, startOfProcess: member.startedAt)
        case .failure(let refusal): return Self.unreadable(Self.explanation(refusal.errno))
        }
    }

    private func contents(of path: String, in place: SourcePlace) -> Result<FileReader.Part, FileReader.Refusal> {
        let file = Known(place: place.key, path: path)
        if let result = known[file] { return result }
        let deadline = deadline ?? monotonicNow() + Self.patience
        self.deadline = deadline
        let result = Result { () throws(FileReader.Refusal) in
            try place.read(path, count: Self.sizeLimit, before: deadline)
        }
        known[file] = result
        return result
    }

    private static func unreadable(_ reason: String) -> SourceText {
        SourceText(text: nil, note: "its source cannot be read: \(reason)")
    }

    private static func explanation(_ error: Int32) -> String {
        switch error {
        case EINVAL: "not a regular file"
        case EPERM: "pyflame cannot take on the rights of the process's user; root can"
        case ENOTSUP: "it lies on a file system that may not answer (FUSE, network), or that holds no files (proc)"
        case ETIMEDOUT: "its file system did not answer in time"
        case EPIPE, EPROTO: "the process that was to read it was ended"
        default: String(cString: strerror(error))
        }
    }

    private static func text(_ part: FileReader.Part, startOfProcess: Int?) -> SourceText {
        guard part.size <= sizeLimit else {
            return SourceText(text: nil, note: "its source is larger than \(sizeLimit >> 20) MB")
        }
        guard !part.bytes.contains(0) else { return SourceText(text: nil, note: "its file holds no text") }
        let isNewer = startOfProcess.map { part.changedAt > $0 } ?? false
        return SourceText(
            text: String(decoding: part.bytes, as: UTF8.self),
            note: isNewer ? "the file was changed after the process had started: lines may not match" : "")
    }
}
