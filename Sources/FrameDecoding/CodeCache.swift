import Glibc
import TargetMemory

/// Where a code object (`PyCodeObject`, Include/code.h, Include/cpython/code.h) keeps what a frame
/// needs of it; offsets in bytes.
public struct CodeLayout: Equatable, Sendable {
    public var type: Int
    public var firstLine: Int
    public var fileName: Int
    /// `co_qualname` from 3.11 on, `co_name` before.
    public var name: Int
    /// `co_lnotab` or `co_linetable`.
    public var lineTable: Int
    /// `co_version` (3.12+): unlike any other code object's of its interpreter; `absent` before.
    public var version: Int
    /// `co_code_adaptive`: where the bytecode begins (3.11+); `absent` before.
    public var bytecode: Int
    /// `_co_firsttraceable` (3.11+), in code units; `absent` before.
    public var firstTraceable: Int

    public init(
        type: Int = 8, firstLine: Int, fileName: Int, name: Int, lineTable: Int,
        version: Int = absent, bytecode: Int = absent, firstTraceable: Int = absent
    ) {
        self.type = type
        self.firstLine = firstLine
        self.fileName = fileName
        self.name = name
        self.lineTable = lineTable
        self.version = version
        self.bytecode = bytecode
        self.firstTraceable = firstTraceable
    }

    /// Bytes of a code object that have to be read.
    var span: Int {
        max(type, fileName, name, lineTable, firstLine, version, firstTraceable) + 8
    }
}

/// What is needed to turn code objects into frames.
public struct CodeReader: Sendable {
    public var layout: CodeLayout
    public var text: TextReader
    public var lines: LineTable
    /// Offsets of `ob_size` and of the first byte of a bytes object (line tables).
    public var bytesSize: Int
    public var bytesData: Int
    /// Address of PyCode_Type; nil when it is not known, and then not checked.
    public var codeType: Address?

    public init(
        layout: CodeLayout, text: TextReader, lines: LineTable, bytesSize: Int = 16,
        bytesData: Int = 32, codeType: Address?
    ) {
        self.layout = layout
        self.text = text
        self.lines = lines
        self.bytesSize = bytesSize
        self.bytesData = bytesData
        self.codeType = codeType
    }
}

/// Code objects by address, with the frames found in them.
///
/// A program may drop a code object and make another one at the same address, even with names and
/// line table at the same addresses as before. So in every sample an entry is compared again with
/// all of the memory that it came from, or with the code object's version where it has one (3.12+).
public final class CodeCache {
    private let reader: CodeReader
    private let frames: FrameTable
    private var entries: [Address: Entry] = [:]

    /// More entries than this, and more bytes in all, are not kept: bounds on memory, not working limits.
    private static let mostEntries = 1 << 17
    private static let mostBytes = 128 << 20
    private var bytes = 0
    /// A longer line table cannot be (1 MiB).
    private static let longestLineTable: Address = 1 << 20

    final class Entry {
        let address: Address
        fileprivate let file: String
        fileprivate let name: String
        fileprivate let firstLine: Int
        fileprivate let lineTable: [UInt8]
        fileprivate let witnesses: [Witness]
        /// The sample in which the witnesses were last found unchanged, in which memory.
        fileprivate var checked: UInt32
        fileprivate var frameAtOffset = Places()
        fileprivate var frameAtLine = Places()
        /// In code units.
        let firstTraceable: Int
        /// Bytes that it keeps, about.
        fileprivate var size: Int {
            witnesses.reduce(lineTable.count + file.utf8.count + name.utf8.count + 200) {
                $0 + $1.bytes.count + 48
            }
        }

        fileprivate init(
            address: Address, file: String, name: String, firstLine: Int, lineTable: [UInt8],
            witnesses: [Witness], checked: UInt32, firstTraceable: Int
        ) {
            self.address = address
            self.file = file
            self.name = name
            self.firstLine = firstLine
            self.lineTable = lineTable
            self.witnesses = witnesses
            self.checked = checked
            self.firstTraceable = firstTraceable
        }
    }

    /// Frames by where in the code they are. Real code has some hundred such places; a target that says
    /// something else in every sample makes it begin anew.
    fileprivate struct Places {
        private var frames: [Int: FrameID] = [:]
        private static let most = 1 << 13

        subscript(place: Int) -> FrameID? {
            get { frames[place] }
            set {
                if frames.count >= Self.most { frames.removeAll() }
                frames[place] = newValue
            }
        }
    }

    /// Memory that an entry depends on, as it was.
    fileprivate struct Witness {
        var address: Address
        var bytes: [UInt8]

        func stillHolds(in memory: Memory) -> Bool {
            guard let now = try? memory.bytes(at: address, count: bytes.count) else { return false }
            return bytes.withUnsafeBytes { memcmp(now, $0.baseAddress!, $0.count) == 0 }
        }
    }

    public init(reader: CodeReader, frames: FrameTable) {
        self.reader = reader
        self.frames = frames
    }

    var layout: CodeLayout { reader.layout }

    /// The entry of the code object at `address`, true for this sample.
    func entry(_ address: Address, in memory: Memory) throws(DecodeError) -> Entry {
        if let known = entries[address] {
            if known.checked == memory.epoch { return known }
            if known.witnesses.allSatisfy({ $0.stillHolds(in: memory) }) {
                known.checked = memory.epoch
                return known
            }
        }
        let entry = try readEntry(address, in: memory)
        bytes += entry.size
        if entries.count >= Self.mostEntries || bytes > Self.mostBytes {
            entries.removeAll()
            bytes = entry.size
        }
        entries[address] = entry
        return entry
    }

    /// The frame that is at byte `offset` of the code's bytecode.
    func frame(_ entry: Entry, offset: Int) -> FrameID {
        if let known = entry.frameAtOffset[offset] { return known }
        let line = entry.lineTable.withUnsafeBytes {
            reader.lines.line($0, firstLine: entry.firstLine, offset: offset)
        }
        let id = intern(entry, line: line ?? 0)
        entry.frameAtOffset[offset] = id
        return id
    }

    /// The frame whose line the interpreter itself keeps, while the frame is traced.
    func frame(_ entry: Entry, line: Int) -> FrameID {
        if let known = entry.frameAtLine[line] { return known }
        let id = intern(entry, line: line)
        entry.frameAtLine[line] = id
        return id
    }

    private func intern(_ entry: Entry, line: Int) -> FrameID {
        frames.intern(
            Frame(
                file: entry.file, name: entry.name, line: max(line, 0),
                firstLine: max(entry.firstLine, 0)))
    }

    private func readEntry(_ address: Address, in memory: Memory) throws(DecodeError) -> Entry {
        let layout = reader.layout
        let code = try memory.view(address, layout.span)
        if let codeType = reader.codeType, code.word(layout.type) != codeType {
            throw .implausible("type of a code object", at: address)
        }
        let firstLine = Int(code.int32(layout.firstLine))
        let file = try reader.text.read(code.word(layout.fileName), in: memory)
        let name = try reader.text.read(code.word(layout.name), in: memory)
        let table = code.word(layout.lineTable)
        let tableSize = try memory.word(table &+ Address(reader.bytesSize))
        guard tableSize < Self.longestLineTable - 64 else {
            throw .implausible("size of a line table", at: table)
        }
        let tableBytes = Int(tableSize) + reader.bytesData - reader.bytesSize
        let tableView = try memory.view(table &+ Address(reader.bytesSize), tableBytes)
        let lineTable = Array(
            tableView.bytes(reader.bytesData - reader.bytesSize, count: Int(tableSize)))

        // Only the fields that were used: reference counts and caches in the object change all the time.
        var ranges = [layout.fileName, layout.name, layout.lineTable].map {
            AddressRange(start: address &+ Address($0), count: 8)
        }
        ranges.append(AddressRange(start: address &+ Address(layout.firstLine), count: 4))
        let version = layout.version == absent ? 0 : code.int32(layout.version)
        if version != 0 {
            ranges.append(AddressRange(start: address &+ Address(layout.version), count: 4))
        } else {
            ranges += file.sources + name.sources
            ranges.append(
                AddressRange(start: table &+ Address(reader.bytesSize), count: tableBytes))
        }
        var witnesses: [Witness] = []
        for range in ranges {
            let bytes = try memory.view(range.start, range.count).bytes(0, count: range.count)
            witnesses.append(Witness(address: range.start, bytes: Array(bytes)))
        }
        return Entry(
            address: address, file: file.text, name: name.text, firstLine: firstLine,
            lineTable: lineTable, witnesses: witnesses, checked: memory.epoch,
            firstTraceable: layout.firstTraceable == absent
                ? 0 : Int(code.int32(layout.firstTraceable)))
    }
}
