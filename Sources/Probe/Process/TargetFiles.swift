import Glibc
import TargetMemory

/// Opens the files that a target has mapped; those of a process in its own view of the file system.
struct TargetFiles {
    let target: ProbeTarget
    var budget: ProbeBudget?

    /// By its name if that is still the same file, else through the mapping itself (which needs
    /// more privileges, but reaches deleted files).
    func open(_ mapping: Mapping) -> OpenFile? {
        if let file = named(mapping, where: { $0.isFile(of: mapping) }) { return file }
        guard case .process(let pid) = target else { return nil }
        let start = String(mapping.start, radix: 16)
        let end = String(mapping.end, radix: 16)
        return OpenFile("/proc/\(pid)/map_files/\(start)-\(end)", budget: budget)
    }

    /// The file of `image`, proven to be the one in memory: same inode, and the same build-id
    /// where there is one. A file with another inode but the same build-id will do (some file
    /// systems report other inodes in maps).
    func open(_ image: MappedImage) -> OpenFile? {
        guard let mapping = image.mappings.first(where: \.isFile) else { return nil }
        let byName = named(mapping) { hasSameBuildID($0, image) ?? $0.isFile(of: mapping) }
        if let byName { return byName }
        guard case .process(let pid) = target else { return nil }
        for mapping in image.mappings where mapping.isFile {
            let start = String(mapping.start, radix: 16)
            let end = String(mapping.end, radix: 16)
            if let file = OpenFile("/proc/\(pid)/map_files/\(start)-\(end)", budget: budget),
                hasSameBuildID(file, image) ?? true
            {
                return file
            }
        }
        return nil
    }

    /// The kernel names files as the process sees them, but those of a process that has changed its root
    /// as we see them.
    private func named(_ mapping: Mapping, where isRight: (OpenFile) -> Bool) -> OpenFile? {
        guard !mapping.isDeleted else { return nil }
        switch target {
        case .core(let core):
            // It has no inodes to go by; the file was compared when it was opened.
            return core.file(named: mapping.path)
        case .process(let pid):
            for root in ["/proc/\(pid)/root", ""] {
                if let file = OpenFile(mapping.path, root: root, budget: budget), isRight(file) { return file }
            }
            return nil
        }
    }

    /// Nil when there is nothing to compare.
    private func hasSameBuildID(_ file: OpenFile, _ image: MappedImage) -> Bool? {
        guard !image.buildID.isEmpty else { return nil }
        guard let header = try? ElfHeader(file) else { return false }
        return BuildID.find(header, reader: FileAddresses(file: file, header: header))
            == image.buildID
    }
}
