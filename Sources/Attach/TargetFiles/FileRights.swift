import FrameDecoding
import Glibc
import System

/// What a process may do with files, as far as the kernel tells: whose files they are read for, and in which root.
struct FileRights: Hashable {
    var user: uid_t
    var group: gid_t
    /// Ascending.
    var groups: [gid_t]
    /// CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, if it has them outside of a user namespace of its own.
    var capabilities: UInt64

    /// Why the rights of a process cannot be told, or must not be taken on; for people.
    struct Unclear: Error {
        let reason: String
    }

    private static let capabilitiesForFiles: UInt64 = 1 << 1 | 1 << 2

    init(of process: ProcessIdentity) throws(Unclear) {
        guard let status = process.text("status") else { throw Unclear(reason: Self.hadEnded) }
        guard let users = ProcFile.field("Uid", of: status).map(Self.numbers), users.count == 4,
            let owners = ProcFile.field("Gid", of: status).map(Self.numbers), owners.count == 4,
            let groups = ProcFile.field("Groups", of: status).map(Self.numbers),
            let effective = ProcFile.field("CapEff", of: status).flatMap({ UInt64($0, radix: 16) }),
            let permitted = ProcFile.field("CapPrm", of: status).flatMap({ UInt64($0, radix: 16) })
        else { throw Unclear(reason: "/proc does not tell whose process it is") }
        // Real, effective, saved and file system ids. Where they differ, a program acts for somebody else (it is
        // set-user-ID), or has put rights aside for a while.
        guard Set(users).count == 1, Set(owners).count == 1 else {
            throw Unclear(reason: "the process has the ids of several users")
        }
        guard let namespace = process.link("ns/user"), let own = Self.ownNamespace else {
            throw Unclear(reason: "it cannot be told which user namespace the process is in")
        }
        user = users[0]
        group = owners[0]
        self.groups = groups.sorted()
        capabilities = namespace == own ? effective & permitted & Self.capabilitiesForFiles : 0
        if Self.mayBeUnmapped(users + owners + groups) {
            throw Unclear(reason: "the process's user has no number in pyflame's user namespace")
        }
    }

    static let hadEnded = "the process had ended before it could be told whose files it may read"

    private static func numbers(_ text: String) -> [UInt32] {
        text.split { $0 == "\t" || $0 == " " }.compactMap { UInt32($0) }
    }

    private static let ownNamespace = ProcessIdentity(pid: getpid()).link("ns/user")

    /// In a user namespace, all ids that it does not know are shown as this one (65534 as a rule).
    private static func mayBeUnmapped(_ ids: [UInt32]) -> Bool {
        let words = ProcFile.text("/proc/self/uid_map")?.split(whereSeparator: \.isWhitespace)
        if words == ["0", "0", "4294967295"] { return false }
        let overflow = ["uid", "gid"].map { kind in
            ProcFile.text("/proc/sys/kernel/overflow\(kind)").flatMap { UInt32($0.prefix { $0.isNumber }) } ?? 65534
        }
        return ids.contains { overflow.contains($0) }
    }
}
