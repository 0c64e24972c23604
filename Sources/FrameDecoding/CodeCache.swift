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
/// all of the memory that it came from, or with the code object's version where it has one (3.12+). That is spared
/// where the interpreter counts code objects, and its count is what it was.
public final class CodeCache {
    private let reader: CodeReader
    private let frames: FrameTable
    private var entries: [Address: Entry] = [:]
    /// Entries that were asked for lately, each at a place that its address gives: nearly all are found here.
    @exclusivity(unchecked) private var recent: [Entry?] = Array(repeating: nil, count: 1024)

    /// More entries than this, and more bytes in all, are not kept: bounds on memory, not working limits.
    private static let mostEntries = 1 << 17
    private static let mostBytes = 32 << 20
    private var bytes = 0
    /// The one that `checked` is about: another one counts its samples for itself.
    @exclusivity(unchecked) private var memory: Memory?
    /// A longer line table cannot be (1 MiB).
    private static let longestLineTable: Address = 1 << 20

    final class Entry {
        let address: Address
        fileprivate let file: String
        fileprivate let name: String
        fileprivate let firstLine: Int
        fileprivate let lineTable: [UInt8]
        fileprivate let fields: Fields
        /// What the fields point to; empty where a version vouches for it.
        fileprivate let witnesses: Witnesses
        /// The sample in which all this was last found unchanged.
        @exclusivity(unchecked) fileprivate var checked: UInt32
        /// What the interpreter's count was then; nil where it has none, or none was proven.
        @exclusivity(unchecked) fileprivate var generation: UInt64?
        /// What was asked for last: frames other than the leaf stay where they are for long.
        @exclusivity(unchecked) fileprivate var lastOffset = Int.min
        @exclusivity(unchecked) fileprivate var lastFrame = FrameID(index: 0)
        fileprivate var frameAtOffset = Places()
        fileprivate var frameAtLine = Places()
        /// In code units.
        let firstTraceable: Int
        /// Bytes that it keeps, about.
        fileprivate var size: Int {
            witnesses.size + lineTable.count + file.utf8.count + name.utf8.count + 200
        }

        fileprivate init(
            address: Address, file: String, name: String, firstLine: Int, lineTable: [UInt8],
            fields: Fields, witnesses: Witnesses, checked: UInt32, firstTraceable: Int
        ) {
            self.address = address
            self.file = file
            self.name = name
            self.firstLine = firstLine
            self.lineTable = lineTable
            self.fields = fields
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

    /// The members that were used; reference counts and caches in the object change all the time.
    fileprivate struct Fields: Equatable {
        var file: Address
        var name: Address
        var lineTable: Address
        var firstLine: Int32
        /// 0 where there is none.
        var version: Int32

        init(_ code: MemoryView, _ layout: CodeLayout) {
            file = code.word(layout.fileName)
            name = code.word(layout.name)
            lineTable = code.word(layout.lineTable)
            firstLine = code.int32(layout.firstLine)
            version = layout.version == absent ? 0 : code.int32(layout.version)
        }
    }

    /// Memory that an entry depends on, as it was.
    fileprivate struct Witnesses {
        private var ranges: [AddressRange] = []
        /// The bytes of all ranges, one after another.
        private var bytes: [UInt8] = []

        var size: Int { bytes.count + ranges.count * 16 }

        mutating func add(_ range: AddressRange, in memory: Memory) throws(DecodeError) {
            bytes += try memory.view(range.start, range.count).bytes(0, count: range.count)
            ranges.append(range)
        }

        func stillHold(in memory: Memory) throws(DecodeError) -> Bool {
            guard let first = ranges.first else { return true }
            guard memory.budget.takeText(bytes.count) else { throw .tooMuch(at: first.start) }
            var offset = 0
            for range in ranges {
                let now = try memory.view(range.start, range.count)
                let same = bytes.withUnsafeBytes {
                    memcmp(now.start, $0.baseAddress! + offset, range.count) == 0
                }
                guard same else { return false }
                offset += range.count
            }
            return true
        }
    }

    /// - Parameter counter: where the interpreter counts code objects; nil where it does not.
    public init(reader: CodeReader, frames: FrameTable, counter: CodeCounter? = nil) {
        self.reader = reader
        self.frames = frames
        self.counter = counter
    }

    var layout: CodeLayout { reader.layout }

    /// Nil where there is none, or where it turned out not to be one.
    private var counter: CodeCounter?
    /// What it says in this sample; nil for nothing.
    @exclusivity(unchecked) private var generation: UInt64?
    /// The sample that this is about.
    @exclusivity(unchecked) private var begun: UInt32 = 0
    /// Entries that were compared with that sample's memory. Should it turn out not to be of one moment, they may be
    /// older than its count.
    private var fresh: [Entry] = []

    /// The first entry of a sample is asked for.
    private func begin(in memory: Memory) {
        if memory !== self.memory { turn(to: memory) }
        settle(proven: memory.provenEpoch == begun)
        begun = memory.epoch
        // Older recordings do not have it, and stacks can be read without.
        generation = (try? counter?.generation(in: memory)) ?? nil
    }

    private func settle(proven: Bool) {
        if !proven { for entry in fresh { entry.generation = nil } }
        fresh.removeAll(keepingCapacity: true)
        generation = nil
    }

    /// The entry of the code object at `address`, true for this sample.
    func entry(_ address: Address, in memory: Memory) throws(DecodeError) -> Entry {
        if memory !== self.memory || begun != memory.epoch { begin(in: memory) }
        let place = Int(truncatingIfNeeded: address >> 4 ^ address >> 14) & 1023
        if let known = recent[place], known.address == address {
            if known.checked == begun { return known }
            if try stillHolds(known, in: memory) { return known }
        } else if let known = entries[address], try stillHolds(known, in: memory) {
            recent[place] = known
            return known
        }
        let entry = try readEntry(address, in: memory)
        note(entry)
        bytes += entry.size
        if entries.count >= Self.mostEntries || bytes > Self.mostBytes {
            entries.removeAll()
            bytes = entry.size
        }
        entries[address] = entry
        recent[place] = entry
        return entry
    }

    private func turn(to memory: Memory) {
        self.memory = memory
        settle(proven: false)
        begun = 0
        for entry in entries.values { entry.checked = 0 }
    }

    /// Compares `entry` with this sample's memory.
    private func stillHolds(_ entry: Entry, in memory: Memory) throws(DecodeError) -> Bool {
        guard entry.checked != begun else { return true }
        if let generation, entry.generation == generation {
            entry.checked = begun
            return true
        }
        let code = try memory.view(entry.address, reader.layout.span)
        guard Fields(code, reader.layout) == entry.fields,
            try entry.witnesses.stillHold(in: memory)
        else { return false }
        entry.checked = memory.epoch
        note(entry)
        return true
    }

    /// Notes that `entry` is what this sample has.
    private func note(_ entry: Entry) {
        guard let generation, let counter else { return }
        guard counter.mayHaveGiven(UInt32(bitPattern: entry.fields.version), before: generation) else {
            self.counter = nil
            settle(proven: false)
            return
        }
        entry.generation = generation
        fresh.append(entry)
    }

    /// The frame that is at byte `offset` of the code's bytecode.
    func frame(_ entry: Entry, offset: Int) -> FrameID {
        if entry.lastOffset == offset { return entry.lastFrame }
        let id = entry.frameAtOffset[offset] ?? newFrame(entry, offset)
        entry.lastOffset = offset
        entry.lastFrame = id
        return id
    }

    private func newFrame(_ entry: Entry, _ offset: Int) -> FrameID {
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
        guard memory.budget.takeText(Int(tableSize)) else { throw .tooMuch(at: table) }
        let tableView = try memory.view(table &+ Address(reader.bytesSize), tableBytes)
        let lineTable = Array(
            tableView.bytes(reader.bytesData - reader.bytesSize, count: Int(tableSize)))

        let fields = Fields(code, layout)
        var witnesses = Witnesses()
        if fields.version == 0 {
            let lines = AddressRange(start: table &+ Address(reader.bytesSize), count: tableBytes)
            for range in file.sources + name.sources + [lines] { try witnesses.add(range, in: memory) }
        }
        return Entry(
            address: address, file: file.text, name: name.text, firstLine: firstLine,
            lineTable: lineTable, fields: fields, witnesses: witnesses, checked: memory.epoch,
            firstTraceable: layout.firstTraceable == absent
                ? 0 : Int(code.int32(layout.firstTraceable)))
    }
}
