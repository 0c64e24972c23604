import TargetMemory

/// One line of `/proc/PID/maps`.
public struct Mapping: Equatable, Sendable {
    public var start: Address
    /// One past the last byte.
    public var end: Address
    public var readable = false
    public var writable = false
    public var executable = false
    /// Where in the file the mapping begins, in bytes.
    public var fileOffset: UInt64 = 0
    /// Major and minor number in hexadecimal, as the kernel writes them: `fd:01`.
    public var device = ""
    /// 0 for memory that belongs to no file.
    public var inode: UInt64 = 0
    /// As the process sees it; `[heap]` and the like too; empty for anonymous memory.
    public var path = ""
    /// The file has no name any more (the kernel's mark is not part of `path`).
    public var isDeleted = false

    public init(start: Address, end: Address) {
        self.start = start
        self.end = end
    }

    /// Whether bytes of a file are mapped here (not `[vdso]`, `[heap]` or anonymous memory).
    public var isFile: Bool { inode != 0 && !path.isEmpty && !path.utf8.starts(with: "[".utf8) }

    /// Whether a program may have moved its code here: anonymous memory, or what the kernel gives a name although it
    /// comes from no file (large pages, shared memory, memfd_create).
    var mayHoldMovedCode: Bool {
        !isFile || (isDeleted && ["/anon_hugepage", "/dev/zero", "/memfd:", "/SYSV"].contains { path.utf8.starts(with: $0.utf8) })
    }

    /// Whether both map the same file, wherever and whatever part of it.
    func isSameFile(as other: Mapping) -> Bool {
        inode == other.inode && device == other.device && path == other.path
    }
}
