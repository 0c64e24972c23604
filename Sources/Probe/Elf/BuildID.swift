/// The build-id (NT_GNU_BUILD_ID), which tells whether two files are one build.
enum BuildID {
    /// From the notes that are loaded with the image; empty when there is none.
    static func find(_ header: ElfHeader, reader: some ByteReader) -> [UInt8] {
        for segment in header.segments where segment.type == ElfHeader.note {
            guard segment.fileSize >= 16,
                let notes = reader.bytes(
                    at: segment.address, count: Int(min(segment.fileSize, 1 << 16)))
            else { continue }
            let found = parse(notes)
            if !found.isEmpty { return found }
        }
        return []
    }

    /// From the notes themselves.
    static func parse(_ notes: [UInt8]) -> [UInt8] {
        var at = 0
        while let nameSize: UInt32 = notes.load(at), let size: UInt32 = notes.load(at + 4),
            let type: UInt32 = notes.load(at + 8)
        {
            guard nameSize <= 1 << 16, size <= 1 << 16 else { break }
            let name = at + 12
            let content = name + ((Int(nameSize) + 3) & ~3)
            let end = content + Int(size)
            guard end <= notes.count else { break }
            if type == 3, nameSize == 4, notes[name..<name + 4].elementsEqual([71, 78, 85, 0]),
                (4...64).contains(size)
            {
                return Array(notes[content..<end])
            }
            at = (end + 3) & ~3
        }
        return []
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
    }
}
