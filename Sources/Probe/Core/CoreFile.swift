import Glibc
import TargetMemory

/// The memory of a process that is no more: what its core dump has and, where that leaves out what is in
/// files anyway (code, constants), those files, if they are still the ones that were mapped.
public final class CoreFile: MemorySource {
    /// As it was given.
    public let path: String
    /// The process's id.
    public var pid: Int32 { image.pid }
    /// The process's name as the kernel had it.
    public var command: String { image.command }
    public private(set) var systemCalls = 0

    private let file: OpenFile
    private let image: CoreImage
    /// A file to be used for the mapped one that it is the same as.
    private let substitute: OpenFile?
    private var opened: [String: OpenFile?] = [:]
    /// Files that are needed and not as they were: for people.
    public private(set) var problems: [String] = []

    /// - Parameter executable: a copy of a file that was mapped, where its own path does not lead to it (`--exe`).
    public init(_ path: String, executable: String? = nil) throws(CoreError) {
        self.path = path
        guard let file = OpenFile(path) else {
            throw CoreError("it cannot be opened, or is no regular file: \(String(cString: strerror(errno)))")
        }
        self.file = file
        image = try CoreImage(file)
        guard let executable else {
            substitute = nil
            return
        }
        guard let other = OpenFile(executable) else {
            throw CoreError("\(executable) cannot be opened: \(String(cString: strerror(errno)))")
        }
        substitute = other
        guard image.files.contains(where: { isSame(other, as: $0.path) == true }) else {
            throw CoreError("\(executable) is none of the files that the process had mapped")
        }
    }

    /// What `/proc/PID/maps` would have said, as far as the core tells.
    var mappings: [Mapping] {
        var numbers: [String: UInt64] = [:]
        var mappings = image.segments.map { segment in
            var mapping = Mapping(start: segment.start, end: segment.start + segment.count)
            mapping.readable = segment.flags & 4 != 0
            mapping.writable = segment.flags & 2 != 0
            mapping.executable = segment.flags & 1 != 0
            return mapping
        }
        let covered = Set(mappings.map(\.start))
        // Some dumpers leave out what is in files: code, as a rule.
        for part in image.files where !covered.contains(part.start) {
            var mapping = Mapping(start: part.start, end: part.end)
            mapping.readable = true
            mapping.executable = true
            mappings.append(mapping)
        }
        mappings.sort { $0.start < $1.start }
        for index in mappings.indices {
            guard let part = self.part(at: mappings[index].start) else { continue }
            mappings[index].path = part.path
            mappings[index].fileOffset = part.fileOffset + (mappings[index].start - part.start)
            // A core knows no inodes: a number for each file tells them apart.
            mappings[index].inode = numbers[part.path] ?? UInt64(numbers.count + 1)
            numbers[part.path] = mappings[index].inode
            mappings[index].device = "core:0"
        }
        return mappings
    }

    /// The kernel's id of the thread whose pthread_self() this is.
    public func tid(ofThread id: UInt64) -> Int32? {
        image.threads.first { $0.pointer == id && id != 0 }?.tid
    }

    public func read(
        _ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer
    ) -> Int {
        var copied = 0
        for range in ranges {
            var done = 0
            while done < range.count {
                let count = readPart(range.start &+ Address(done), range.count - done, buffer + copied)
                guard count > 0 else { return copied > 0 ? copied : -Int(EFAULT) }
                done += count
                copied += count
            }
        }
        return copied
    }

    /// As much as lies together, from the core or a file.
    private func readPart(_ address: Address, _ count: Int, _ buffer: UnsafeMutableRawPointer) -> Int {
        let segment = Self.last(image.segments, before: address, \.start)
        if let segment, address - segment.start < segment.dumped {
            let within = address - segment.start
            return read(file, segment.offset + within, min(count, Int(segment.dumped - within)), buffer)
        }
        guard let part = part(at: address), let mapped = self.file(named: part.path) else { return 0 }
        // Only what the core left out: a segment that it has may begin behind.
        let next = image.segments.first { $0.start > address && $0.dumped > 0 }?.start ?? .max
        let end = min(part.end, next)
        let offset = part.fileOffset + (address - part.start)
        let wanted = min(count, Int(min(end - address, UInt64(Int32.max))))
        let got = read(mapped, offset, wanted, buffer)
        guard got < wanted, got >= 0 else { return got }
        // The rest of the last page of a file is zero.
        let page: UInt64 = 4096
        let zeros = min(wanted - got, Int((offset + UInt64(got)) % page == 0 ? 0 : page - (offset + UInt64(got)) % page))
        memset(buffer + got, 0, zeros)
        return got + zeros
    }

    private func read(_ file: OpenFile, _ offset: UInt64, _ count: Int, _ buffer: UnsafeMutableRawPointer) -> Int {
        guard let place = off_t(exactly: offset) else { return 0 }
        systemCalls += 1
        return pread(file.descriptor, buffer, count, place)
    }

    private func part(at address: Address) -> CoreImage.FilePart? {
        guard let part = Self.last(image.files, before: address, \.start), address < part.end else { return nil }
        return part
    }

    private static func last<Element>(
        _ sorted: [Element], before address: Address, _ start: KeyPath<Element, Address>
    ) -> Element? {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle][keyPath: start] <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? sorted[low - 1] : nil
    }

    /// The file that was mapped under this name; nil when it is gone or another one by now.
    func file(named path: String) -> OpenFile? {
        if let known = opened[path] { return known }
        opened[path] = .some(nil)  // Looking for it reads memory, which must not look for it again.
        var found: OpenFile?
        if let substitute, isSame(substitute, as: path) == true {
            found = substitute
        } else if let file = OpenFile(path) {
            if isSame(file, as: path) == false {
                problems.append("\(path) is not the file that was mapped any more")
            } else {
                found = file
            }
        } else {
            problems.append("\(path) is not there")
        }
        opened[path] = .some(found)
        return found
    }

    /// Whether `file` begins as the mapped file does: its first page has the ELF header and, as a rule, the
    /// build-id, and the kernel dumps it. Nil when the core does not have it.
    private func isSame(_ file: OpenFile, as path: String) -> Bool? {
        guard let part = image.files.first(where: { $0.path == path && $0.fileOffset == 0 }),
            let segment = Self.last(image.segments, before: part.start, \.start),
            part.start - segment.start < segment.dumped
        else { return nil }
        let count = min(4096, Int(segment.dumped - (part.start - segment.start)))
        let dumped = self.file.upTo(count, at: segment.offset + (part.start - segment.start))
        return file.upTo(count, at: 0).starts(with: dumped.prefix(Int(min(file.size, 4096))))
    }
}
