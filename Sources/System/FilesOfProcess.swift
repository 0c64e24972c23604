import CLinux
import Glibc

extension Linux {
    /// Opens a regular file for reading, as a process sees it and may: `path` is resolved below `root` (the process's
    /// root, an open folder), links included, and the file is opened with the rights of `user`, `group` and `groups`, of
    /// which this thread alone takes on the part that concerns files, while it opens. A descriptor, or the negated errno:
    /// EINVAL when it is no regular file, EPERM when the rights cannot be taken on.
    package func open(_ path: String, below root: Int32, as user: uid_t, _ group: gid_t, _ groups: [gid_t]) -> Int32 {
        cl_count_calls(12)
        return groups.withUnsafeBufferPointer { cl_open_as(root, path, user, group, $0.baseAddress, $0.count) }
    }
}
