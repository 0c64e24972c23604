import Glibc
import TargetMemory

/// Reads `/proc/PID/maps` (its format: proc(5)).
public enum MapsFile {
    /// No process may have more than 65530 mappings unless the administrator says so; this is many
    /// times as much, and a bound all the same.
    private static let largestSize = 256 << 20

    /// All mappings of the process, by ascending address.
    public static func read(pid: Int32) throws(ProbeError) -> [Mapping] {
        let path = "/proc/\(pid)/maps"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ESRCH { throw .noSuchProcess(pid: pid) }
            throw .notReadable(path: path, errno: errno)
        }
        defer { close(file) }

        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { chunk.deallocate() }
        while bytes.count < largestSize {
            let count = Glibc.read(file, chunk.baseAddress, chunk.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                if errno == ESRCH { throw .noSuchProcess(pid: pid) }
                throw .notReadable(path: path, errno: errno)
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        guard !bytes.isEmpty else { throw .noMemory(pid: pid) }
        return parse(bytes)
    }

    /// The mappings in the text of a maps file; lines that make no sense are passed over.
    public static func parse(_ bytes: [UInt8]) -> [Mapping] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { parse(line: $0) }
    }

    private static func parse(line: ArraySlice<UInt8>) -> Mapping? {
        var rest = line
        guard let start = hexadecimal(&rest), rest.popFirst() == UInt8(ascii: "-"),
            let end = hexadecimal(&rest), start < end, rest.popFirst() == UInt8(ascii: " ")
        else { return nil }
        var mapping = Mapping(start: start, end: end)
        let permissions = word(&rest)
        mapping.readable = permissions.contains(UInt8(ascii: "r"))
        mapping.writable = permissions.contains(UInt8(ascii: "w"))
        mapping.executable = permissions.contains(UInt8(ascii: "x"))
        guard let offset = hexadecimal(&rest), rest.popFirst() == UInt8(ascii: " ") else { return nil }
        mapping.fileOffset = offset
        let device = word(&rest)
        guard device.contains(UInt8(ascii: ":")) else { return nil }
        mapping.device = String(decoding: device, as: UTF8.self)
        guard let inode = UInt64(String(decoding: word(&rest), as: UTF8.self)) else { return nil }
        mapping.inode = inode

        // The name is padded to a column; everything after that belongs to it, spaces as well.
        var name = rest.drop { $0 == UInt8(ascii: " ") }
        let mark = Array(" (deleted)".utf8)
        if name.count > mark.count, name.suffix(mark.count).elementsEqual(mark) {
            mapping.isDeleted = true
            name = name.dropLast(mark.count)
        }
        mapping.path = String(decoding: withoutEscapes(name), as: UTF8.self)
        return mapping
    }

    /// The kernel escapes the newline and nothing else, so a backslash may be a backslash.
    private static func withoutEscapes(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let escape = Array("\\012".utf8)
        guard name.contains(escape[0]) else { return Array(name) }
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.first {
            if rest.starts(with: escape) {
                result.append(UInt8(ascii: "\n"))
                rest = rest.dropFirst(escape.count)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func hexadecimal(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var digits = 0
        while let byte = rest.first {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 97...102: digit = byte - 87
            default: return digits > 0 ? value : nil
            }
            guard digits < 16 else { return nil }
            value = value << 4 | UInt64(digit)
            digits += 1
            rest = rest.dropFirst()
        }
        return digits > 0 ? value : nil
    }

    /// Takes what precedes the next space, and the space.
    private static func word(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != UInt8(ascii: " ") }
        rest = rest.dropFirst(word.count + 1)
        return word
    }
}
