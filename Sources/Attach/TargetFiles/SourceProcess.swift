import FrameDecoding
import Glibc
import System

/// A profiled process as far as its source files are concerned: who it is, and what it might read when it was found.
final class SourceProcess {
    /// Nil once its end was seen.
    private var identity: ProcessIdentity?
    /// What it might read when it was found, or why that cannot be told.
    private let found: Result<SourcePlace.Key, FileRights.Unclear>
    /// Its working folder when it was found, in its own root.
    let folder: String
    /// Nanoseconds since the Unix epoch; nil when that is not known.
    let startedAt: Int?
    /// What it might read when it had ended.
    private var last: Result<FileRights, FileRights.Unclear>?

    /// `identity` was made before the process's memory was read: so the rights are those of the program that was found.
    /// The root folder is given to `keep`.
    init(_ identity: ProcessIdentity, keep: (_ root: Int32, SourcePlace.Key) -> Void) {
        self.identity = identity
        folder = Self.folder(of: identity)
        startedAt = identity.startTime.flatMap(Self.moment)
        do throws(FileRights.Unclear) {
            let rights = try FileRights(of: identity)
            let root = identity.openFolder("root")
            guard root >= 0 else { throw FileRights.Unclear(reason: "its root folder cannot be opened") }
            guard let key = SourcePlace.key(of: root, rights: rights), identity.isStill() else {
                close(root)
                throw FileRights.Unclear(reason: "it became another program while it was looked at")
            }
            keep(root, key)
            found = .success(key)
        } catch {
            found = .failure(error)
        }
    }

    /// Where its files are; nil when that could not be told.
    var place: SourcePlace.Key? { try? found.get() }

    /// It has ended, and is not waited for yet: the last moment to learn what it might read.
    func noteEnding() {
        guard let identity, last == nil else { return }
        last = Result { () throws(FileRights.Unclear) in try FileRights(of: identity) }
        self.identity = nil
    }

    /// Why nothing may be shown that was read for it up to now; nil when it may. To be asked after reading: a process
    /// may give its rights up at any moment, and what was read before that is still what it could read.
    func objection() -> String? {
        switch found {
        case .failure(let unclear): return unclear.reason
        case .success(let key):
            do throws(FileRights.Unclear) {
                guard let identity else { return try last?.get() == key.rights ? nil : Self.changed }
                if identity.hasEnded { return FileRights.hadEnded }
                guard try FileRights(of: identity) == key.rights else { return Self.changed }
                let root = identity.openFolder("root")
                defer { if root >= 0 { close(root) } }
                guard root >= 0, SourcePlace.key(of: root, rights: key.rights) == key else { return Self.changed }
                return identity.isStill() ? nil : "it runs another program by now"
            } catch {
                return error.reason
            }
        }
    }

    private static let changed = "what the process may read has changed since it was found"

    private static func folder(of identity: ProcessIdentity) -> String {
        let root = identity.link("root") ?? "/"
        let folder = identity.link("cwd") ?? "/"
        return root != "/" && folder.hasPrefix(root + "/") ? String(folder.dropFirst(root.count)) : folder
    }

    /// `ticks` after the start of the system, as nanoseconds since the Unix epoch.
    private static func moment(_ ticks: UInt64) -> Int? {
        var now = timespec()
        var sinceBoot = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        let boot = (now.tv_sec - sinceBoot.tv_sec) * 1_000_000_000 + now.tv_nsec - sinceBoot.tv_nsec
        let perSecond = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        guard ticks / perSecond < 1 << 32 else { return nil }
        return boot + Int(ticks * 1_000_000_000 / perSecond)
    }
}
