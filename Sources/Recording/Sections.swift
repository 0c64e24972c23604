import CZlib

/// The outer form of the file: a head line, then sections, each compressed and checked by itself.
/// Sections may be appended to a file; readers pass over those that they do not know.
enum Sections {
    /// Grows when a reader of the number before would misread a section.
    static let version = 1
    private static let mark = "pyflame-recording "
    /// Bytes of a section before its content: tag, size, compressed size, CRC-32.
    private static let headSize = 16
    /// Larger ones are not believed, nor are all together if they are larger (uncompressed).
    static let largest = 96 << 20
    static let largestTogether = 128 << 20

    struct Section: Equatable {
        /// Four letters.
        var tag: String
        var content: [UInt8]
    }

    static func head() -> [UInt8] { Array("\(mark)\(version)\n".utf8) }

    /// The bytes of one section.
    static func pack(_ section: Section) throws(RecordingError) -> [UInt8] {
        var size = compressBound(uLong(section.content.count))
        var packed = [UInt8](repeating: 0, count: Int(size))
        let result = compress2(
            &packed, &size, section.content, uLong(section.content.count), Z_BEST_COMPRESSION)
        guard result == Z_OK, section.content.count <= largest else {
            throw RecordingError("section \(section.tag) is too large to be written")
        }
        var bytes = Array(section.tag.utf8)
        for word in [section.content.count, Int(size), Int(checksum(section.content))] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        return bytes + packed.prefix(Int(size))
    }

    /// All sections of a file.
    static func unpack(_ file: [UInt8]) throws(RecordingError) -> [Section] {
        var rest = try afterHead(file)
        var sections: [Section] = []
        var together = 0
        while !rest.isEmpty {
            guard rest.count >= headSize else { throw cutOff }
            let tag = rest.prefix(4)
            guard tag.allSatisfy({ (65...90).contains($0) }) else {
                throw .damaged("a section has no name")
            }
            let words = (1...3).map { index in
                (0..<4).reduce(0) { $0 | Int(rest[rest.startIndex + index * 4 + $1]) << ($1 * 8) }
            }
            let name = String(decoding: tag, as: UTF8.self)
            rest = rest.dropFirst(headSize)
            guard words[0] <= largest else { throw .damaged("section \(name) claims \(words[0]) bytes") }
            together += words[0]
            guard together <= largestTogether else { throw .damaged("its sections claim more than \(largestTogether) bytes") }
            guard rest.count >= words[1] else { throw cutOff }
            let content = try inflate(rest.prefix(words[1]), to: words[0], name)
            guard Int(checksum(content)) == words[2] else {
                throw .damaged("the checksum of section \(name) is wrong")
            }
            rest = rest.dropFirst(words[1])
            sections.append(Section(tag: name, content: content))
        }
        return sections
    }

    private static let cutOff = RecordingError("the recording is cut off: it ends within a section")

    private static func afterHead(_ file: [UInt8]) throws(RecordingError) -> ArraySlice<UInt8> {
        let mark = Array(mark.utf8)
        guard file.starts(with: mark) else {
            // Something shorter may be the beginning of one.
            let isBegun = !file.isEmpty && mark.starts(with: file)
            throw isBegun ? cutOff : RecordingError("it is not a recording of pyflame")
        }
        let digits = file[mark.count...].prefix(10).prefix { (48...57).contains($0) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)),
            file.dropFirst(mark.count + digits.count).first == UInt8(ascii: "\n")
        else { throw .damaged("its first line names no version") }
        guard number <= version else {
            throw RecordingError(
                "it has version \(number) of the format, and this pyflame reads versions up to \(version): "
                    + "use the pyflame that recorded it, or a newer one")
        }
        return file[(mark.count + digits.count + 1)...]
    }

    private static func inflate(
        _ packed: ArraySlice<UInt8>, to size: Int, _ name: String
    ) throws(RecordingError) -> [UInt8] {
        // A bomb claims much and brings little: no stream grows more than 1032-fold.
        guard size / 1040 <= packed.count else { throw .damaged("section \(name) cannot be so large") }
        var content = [UInt8](repeating: 0, count: max(size, 1))
        var length = uLong(size)
        let result = packed.withUnsafeBufferPointer { source in
            uncompress(&content, &length, source.baseAddress, uLong(source.count))
        }
        guard result == Z_OK, Int(length) == size else {
            throw .damaged("section \(name) does not unpack")
        }
        if size == 0 { content.removeAll() }
        return content
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_z(0, bytes, bytes.count))
    }
}
