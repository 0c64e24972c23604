import Glibc
import System

/// Where sources are read: a root folder, and the rights with which files below it are opened. Processes that have both
/// in common see the same files and share a reader.
final class SourcePlace {
    /// Tells places apart.
    struct Key: Hashable {
        /// The mount and the folder: the same folder in another mount namespace may have other file systems below it.
        var mount: UInt64
        var inode: ino_t
        var rights: FileRights
    }

    let key: Key
    private let root: Int32
    private var reader: FileReader?
    /// Readers that did not answer, and were left behind.
    private var lost = 0

    private static let mostLost = 2
    /// For one file. Nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    /// `root` is open, and belongs to this object from now on.
    init(root: Int32, key: Key) {
        self.root = root
        self.key = key
    }

    deinit { close(root) }

    /// The key of the folder `root` with `rights`; nil where the kernel does not tell.
    static func key(of root: Int32, rights: FileRights) -> Key? {
        var status = stat()
        guard fstat(root, &status) == 0, let mount = mountNumber(of: root) else { return nil }
        return Key(mount: mount, inode: status.st_ino, rights: rights)
    }

    func read(
        _ path: String, from offset: Int = 0, count: Int, before deadline: UInt64
    ) throws(FileReader.Refusal) -> FileReader.Part {
        guard lost < Self.mostLost else { throw FileReader.Refusal(errno: ETIMEDOUT) }
        let reader: FileReader
        if let present = self.reader {
            reader = present
        } else {
            let rights = key.rights
            reader = try FileReader(
                root: root, user: rights.user, group: rights.group, groups: rights.groups,
                capabilities: rights.capabilities)
        }
        self.reader = reader
        defer {
            if reader.isLost {
                lost += 1
                self.reader = nil
            }
        }
        return try reader.read(path, from: offset, count: count, before: min(deadline, monotonicNow() + Self.patience))
    }
}
