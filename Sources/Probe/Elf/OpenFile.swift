import Glibc

/// A regular file, opened for reading.
///
/// The paths are the target's, so anything may lie there: a device whose mere opening has effects,
/// a FIFO that blocks. The file is therefore looked at before it is really opened.
final class OpenFile: ByteReader {
    let descriptor: Int32
    /// What reading it may cost; nil for a file that the user named.
    let budget: ProbeBudget?
    /// As it was opened: `/proc/7/root/usr/bin/python3`.
    let path: String
    /// The part of `path` that is the root below which it was looked up; empty for our own.
    let root: String
    let device: UInt64
    let inode: UInt64
    /// Bytes.
    let size: UInt64
    /// Nanoseconds; with device and inode it tells apart files that are the same no longer.
    let modified: Int64

    /// A path that is not the target's choice: the kernel's own, or the administrator's. Links are followed.
    convenience init?(_ path: String, budget: ProbeBudget? = nil) {
        self.init(found: open(path, PathWalk.lookOnly | O_CLOEXEC), path, root: "", budget)
    }

    /// A path of a process that has the folder `root` for its root (empty: ours). It may be the target's
    /// choice, so no link is followed.
    convenience init?(_ path: String, root: String, budget: ProbeBudget? = nil) {
        self.init(found: PathWalk.open(path, under: root), path, root: root, budget)
    }

    private init?(found look: Int32, _ path: String, root: String, _ budget: ProbeBudget?) {
        guard look >= 0 else { return nil }
        defer { close(look) }
        var status = stat()
        guard fstat(look, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        descriptor = open("/proc/self/fd/\(look)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        self.budget = budget
        self.path = root + path
        self.root = root
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(max(status.st_size, 0))
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// `position` is an offset in the file.
    func bytes(at position: UInt64, count: Int) -> [UInt8]? {
        let bytes = upTo(count, at: position)
        return bytes.count == count ? bytes : nil
    }

    /// As many of `count` bytes as the file has there.
    func upTo(_ count: Int, at position: UInt64) -> [UInt8] {
        guard count > 0, count <= ProcessBytes.largestRequest, budget?.isSpent != true, let offset = off_t(exactly: position)
        else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = max(pread(descriptor, buffer.baseAddress, count, offset), 0)
        }
    }

    /// Whether this is the file that a line of maps speaks of. Some file systems (btrfs, overlayfs)
    /// show another device there than stat does, so the inode decides; a build-id, where there is
    /// one, is compared besides.
    func isFile(of mapping: Mapping) -> Bool { inode == mapping.inode }
}
