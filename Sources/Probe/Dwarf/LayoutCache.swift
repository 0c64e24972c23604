import Glibc

/// The folder where answers of DWARF are kept from run to run, a file for each build:
/// `$XDG_CACHE_HOME/pyflame/layouts/BUILD-ID`, or below `~/.cache`.
///
/// It is used only if every folder on the way from there is the user's own and no link: under sudo, HOME may
/// still be somebody else's. Whatever goes wrong is passed over in silence; the answers are then found anew.
struct LayoutCache {
    /// A folder that must be there, and folders below it that are made.
    private let base: String
    private let below: [String]

    private static let lookOnly: Int32 = 0o10000000

    /// Nil when the environment names no folder.
    init?(environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
        if let cache = environment("XDG_CACHE_HOME"), cache.utf8.first == UInt8(ascii: "/") {
            base = cache
            below = ["pyflame", "layouts"]
        } else if let home = environment("HOME"), home.utf8.first == UInt8(ascii: "/") {
            base = home
            below = [".cache", "pyflame", "layouts"]
        } else {
            return nil
        }
    }

    func load(_ buildID: [UInt8]) -> LayoutAnswers? {
        withFolder(making: false) { folder in
            let name = BuildID.hexadecimal(buildID)
            let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            guard Self.isOurs(file, S_IFREG), let text = Self.read(file) else { return nil }
            return LayoutAnswers(text: text, buildID: buildID)
        }
    }

    /// Writes a new file and gives it the name when it is whole: readers never see half of it.
    func store(_ answers: LayoutAnswers, _ buildID: [UInt8]) {
        let text = Array(answers.text(buildID: buildID).utf8)
        guard text.count <= LayoutAnswers.largestText else { return }
        let _: Void? = withFolder(making: true) { folder in
            let name = BuildID.hexadecimal(buildID)
            let new = ".\(name).\(getpid())"
            let file = openat(folder, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard file >= 0 else { return nil }
            let written = write(file, text, text.count)
            let closed = close(file)
            if written == text.count, closed == 0, renameat(folder, new, folder, name) == 0 { return () }
            unlinkat(folder, new, 0)
            return nil
        }
    }

    private func withFolder<Result>(making: Bool, _ body: (Int32) -> Result?) -> Result? {
        var folder = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        guard folder >= 0, Self.isOurs(folder, S_IFDIR) else { return nil }
        for name in below {
            if making { mkdirat(folder, name, 0o700) }
            let next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            folder = next
            guard folder >= 0, Self.isOurs(folder, S_IFDIR) else { return nil }
        }
        return body(folder)
    }

    /// Of this kind, owned by us, and not for others to write.
    private static func isOurs(_ descriptor: Int32, _ kind: mode_t) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == kind
            && status.st_uid == geteuid() && status.st_mode & 0o022 == 0
    }

    private static func read(_ file: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: LayoutAnswers.largestText + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress! + count, $0.count - count)
            }
            guard more >= 0 else { return nil }
            if more == 0 { break }
            count += more
        }
        guard count <= LayoutAnswers.largestText else { return nil }
        return String(validating: bytes[..<count], as: UTF8.self)
    }
}
