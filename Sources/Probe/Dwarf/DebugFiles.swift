/// Looks for an image's debug information: in its own file, by build-id, by debug link.
struct DebugFiles {
    /// The image's path, as the process sees it.
    let path: String
    let buildID: [UInt8]
    /// The roots of the file systems to look in: the process's own, and ours (empty).
    let roots: [String]
    var budget: ProbeBudget?

    /// The file itself if it has debug information, else one beside it of the same build; nil when
    /// there is none. Without a build-id nothing proves that a file belongs to this one.
    func find(beside file: SectionFile?) -> SectionFile? {
        if let file, file.hasDebugInfo { return file }
        guard buildID.count >= 4 else { return nil }
        for candidate in byBuildID(buildID) + byLink(in: file) {
            if let found = open(candidate, buildID: buildID), found.hasDebugInfo { return found }
        }
        return nil
    }

    /// The file that `.gnu_debugaltlink` of `file` names: what dwz moved out of several files.
    func findAlternate(of file: SectionFile) -> SectionFile? {
        guard let section = file.section(".gnu_debugaltlink"),
            let bytes = file.contents(section, limit: 8192),
            let end = bytes.firstIndex(of: 0)
        else { return nil }
        let name = String(decoding: bytes[..<end], as: UTF8.self)
        let id = Array(bytes[(end + 1)...])
        guard id.count >= 4, !name.isEmpty else { return nil }
        let root = file.file.root
        let named = name.utf8.first == UInt8(ascii: "/")
            ? roots.map { Place(root: $0, path: name) }
            : [Place(root: root, path: Self.directory(of: String(file.file.path.dropFirst(root.count))) + "/" + name)]
        for candidate in named + byBuildID(id) {
            if let found = open(candidate, buildID: id) { return found }
        }
        return nil
    }

    struct Place {
        var root: String
        /// Below the root.
        var path: String

        /// In the system's own folder links are the administrator's and may be followed; elsewhere the target
        /// may have made them.
        func file(_ budget: ProbeBudget?) -> OpenFile? {
            let isOurs = root.isEmpty && path.hasPrefix("\(DebugFiles.system)/")
                && !path.split(separator: "/").contains("..")
            return isOurs ? OpenFile(path, budget: budget) : OpenFile(path, root: root, budget: budget)
        }
    }
    private static let system = "/usr/lib/debug"

    private func open(_ place: Place, buildID: [UInt8]) -> SectionFile? {
        guard budget?.isSpent != true, let file = place.file(budget), let sections = SectionFile(file),
            sections.buildID == buildID
        else { return nil }
        return sections
    }

    private func byBuildID(_ id: [UInt8]) -> [Place] {
        let rest = ".build-id/\(BuildID.hexadecimal(id.prefix(1)))/"
            + "\(BuildID.hexadecimal(id.dropFirst())).debug"
        return roots.flatMap { root in
            debugDirectories.map { Place(root: root, path: "\($0)/\(rest)") }
        }
    }

    private func byLink(in file: SectionFile?) -> [Place] {
        guard let file, let section = file.section(".gnu_debuglink"),
            let bytes = file.contents(section, limit: 4096), let end = bytes.firstIndex(of: 0)
        else { return [] }
        let name = String(decoding: bytes[..<end], as: UTF8.self)
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")) else { return [] }
        let directory = Self.directory(of: path)
        let paths = ["\(directory)/\(name)", "\(directory)/.debug/\(name)"]
            + debugDirectories.map { "\($0)\(directory)/\(name)" }
        return roots.flatMap { root in paths.map { Place(root: root, path: $0) } }
    }

    /// Where debug files are kept: for the whole system, and in trees that were unpacked elsewhere
    /// (`/opt/x/usr/lib/debug` for `/opt/x/usr/bin/python3`).
    private var debugDirectories: [String] {
        var found = [Self.system]
        var directory = Self.directory(of: path)
        for _ in 0..<16 where !directory.isEmpty {
            directory = Self.directory(of: directory)
            guard !directory.isEmpty, directory != "/usr" else { continue }
            found.append("\(directory)/lib/debug")
            found.append("\(directory)/usr/lib/debug")
        }
        return found
    }

    /// Without a slash at the end; empty for the root.
    private static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[..<slash])
    }
}

extension SectionFile {
    var hasDebugInfo: Bool {
        sections.contains {
            ($0.name == ".debug_info" || $0.name == ".zdebug_info") && $0.hasBytes
        }
    }
}
