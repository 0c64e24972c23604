import Glibc

/// Walks to a file inside a directory without following a single symbolic link.
///
/// Names come from the target: a link of its making would lead a pyflame that runs as root to any file
/// (and an absolute one leads out of `/proc/PID/root`, into our own file system). The kernel's own names
/// for what is mapped have no links in them, so nothing is lost.
enum PathWalk {
    /// O_PATH, which the importer does not see: a descriptor that nothing is opened for.
    static let lookOnly: Int32 = 0o10000000
    private static let mostComponents = 256

    /// A descriptor of what `path` names under the directory `root` (empty: ours), to look at; -1 when it is
    /// not there, a part of it is a link, or it leads above the root.
    static func open(_ path: String, under root: String) -> Int32 {
        guard let names = components(path), let last = names.last, names.count <= mostComponents else { return -1 }
        var place = Glibc.open(root.isEmpty ? "/" : root, lookOnly | O_DIRECTORY | O_CLOEXEC)
        for name in names.dropLast() where place >= 0 {
            place = step(from: place, to: name, O_DIRECTORY)
        }
        return place < 0 ? -1 : step(from: place, to: last, 0)
    }

    private static func step(from directory: Int32, to name: String, _ flags: Int32) -> Int32 {
        defer { close(directory) }
        return openat(directory, name, lookOnly | O_NOFOLLOW | O_CLOEXEC | flags)
    }

    /// Without `.` and `..`: where there are no links, they mean what they say.
    private static func components(_ path: String) -> [String]? {
        var names: [String] = []
        for name in path.split(separator: "/") where name != "." {
            if name != ".." {
                names.append(String(name))
            } else if names.popLast() == nil {
                return nil
            }
        }
        return names
    }
}
