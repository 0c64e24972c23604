import FrameDecoding
import TargetMemory
import Testing

@testable import Recording

/// The file: what goes in comes out, and nothing foreign or damaged passes for a recording.
struct FileTests {
    static let sample: Recording = {
        var structs = RecordedStructs()
        structs.areKnown = true
        structs.answers = [
            .init(type: "_ts", member: "interp"): .init(value: 16),
            .init(type: "PyASCIIObject"): .init(value: 48),
            .init(type: "PyASCIIObject", member: "state.kind", isBits: true): .init(value: 258, width: 3),
        ]
        let frames = [
            Frame(file: "/srv/größe.py", name: "f", line: 7, firstLine: 5), Frame(file: "a;b\n", name: "<module>", line: 0),
            Frame(kind: .native, file: "/usr/lib/libz.so.1", name: "deflate", line: 0), .label("thread main"),
        ]
        var recording = Recording(
            target: RecordedTarget(
                recorder: "2.0.0", machine: "x86_64", pid: 4711, version: PythonVersion(3, 9, 2),
                versionOrigin: "Py_Version", path: "/usr/bin/python3.9", loadBias: 0x5555_0000_0000,
                decoder: "Py36", layoutSource: .dwarf, layoutOrigin: "DWARF"),
            symbols: ["_PyRuntime": 0x7fff_1234_5678, "top": .max], structs: structs,
            memory: RecordedRanges(
                ranges: [
                    AddressRange(start: 0x1000, count: 3), AddressRange(start: 0x2000, count: 1),
                    AddressRange(start: 1 << 63, count: 4),
                ], bytes: Array(1...8))!,
            stacks: [
                RecordedThread(
                    id: .max, address: 0x1000, isHolder: true, tid: 4712, label: "worker", frames: frames),
                RecordedThread(id: 1, address: 0x2000, isHolder: false, tid: nil, label: "", frames: []),
            ],
            truth: [
                RecordedThread(
                    id: 1, address: 0, isHolder: false, tid: nil, label: "main", frames: frames.reversed())
            ])
        recording.notes = ["by hand", "for a test"]
        return recording
    }()

    private func explanation(_ file: [UInt8]) -> String? {
        do {
            _ = try Recording(file)
            return nil
        } catch {
            return error.explanation
        }
    }

    @Test func roundTrip() throws {
        let read = try Recording(try Self.sample.encoded())
        #expect(read.target == Self.sample.target)
        #expect(read.symbols == Self.sample.symbols)
        #expect(read.structs == Self.sample.structs)
        #expect(read.memory == Self.sample.memory)
        #expect(read.stacks == Self.sample.stacks)
        #expect(read.truth == Self.sample.truth)
        #expect(read.notes == Self.sample.notes)
    }

    /// What the document says of the first bytes.
    @Test func head() throws {
        let file = try Self.sample.encoded()
        #expect(file.starts(with: Array("pyflame-recording 1\nTARG".utf8)))
    }

    /// Each section is small enough, and small in the file; together they would fill the memory.
    @Test func sectionsTogether() throws {
        var file = Sections.head()
        for tag in ["AAAA", "BBBB"] {
            file += try Sections.pack(Sections.Section(tag: tag, content: [UInt8](repeating: 0, count: 70 << 20)))
        }
        #expect(explanation(file) == "the recording is damaged: its sections claim more than 134217728 bytes")
    }

    @Test func cutOffAnywhere() throws {
        let file = try Self.sample.encoded()
        // The sections behind the stacks may be lacking.
        let needed = try #require(file.firstRange(of: Array("TRUE".utf8))).lowerBound
        for length in 0..<needed {
            let said = try #require(explanation(Array(file[..<length])), "\(length) bytes")
            if length > 0 { #expect(said.contains("cut off") || said.contains("names no version"), "\(said)") }
        }
        let rest = (needed + 1..<file.count).filter { explanation(Array(file[..<$0])) == nil }
        let note = try #require(file.firstRange(of: Array("NOTE".utf8))).lowerBound
        #expect(rest == [note])
    }

    /// Every flipped bit is found out, by the checksum or because it does not unpack, or changes nothing.
    @Test func damagedAnywhere() throws {
        let file = try Self.sample.encoded()
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 1 << UInt8(index % 8)
            guard let read = try? Recording(damaged) else { continue }
            #expect(read.stacks == Self.sample.stacks && read.memory == Self.sample.memory, "byte \(index)")
            #expect(read.target == Self.sample.target && read.symbols == Self.sample.symbols)
            // The name of an optional section may change: it is lacking then.
            #expect(read.truth == nil || read.truth == Self.sample.truth)
            #expect(read.notes.isEmpty || read.notes == Self.sample.notes)
            #expect(!read.structs.areKnown || read.structs == Self.sample.structs)
        }
    }

    @Test func foreignFiles() {
        #expect(explanation([]) == "it is not a recording of pyflame")
        #expect(explanation(Array("\u{7f}ELF\u{2}\u{1}".utf8)) == "it is not a recording of pyflame")
        #expect(explanation(Array("main 100\n".utf8)) == "it is not a recording of pyflame")
        let newer = explanation(Array("pyflame-recording 2\nXXXX".utf8))
        #expect(newer?.contains("version 2") == true && newer?.contains("up to 1") == true)
    }

    /// Sections that this version does not know are no obstacle.
    @Test func unknownSections() throws {
        let more = try Sections.pack(.init(tag: "ZZZZ", content: [1, 2, 3]))
        #expect(try Recording(Self.sample.encoded() + more).stacks == Self.sample.stacks)
        let twice = try Sections.pack(.init(tag: "TRUE", content: [0, 0, 0]))
        #expect(explanation(try Self.sample.encoded() + twice) == "the recording is damaged: there are two sections TRUE")
    }

    /// Sections whose checksums are right and whose content is anything: an answer or an error, and soon.
    @Test(arguments: ["TARG", "SYMS", "DWRF", "RNGS", "STCK", "TRUE"])
    func hostileContent(_ tag: String) throws {
        let sections = try Sections.unpack(Self.sample.encoded())
        let original = try #require(sections.first { $0.tag == tag }).content
        let packed = try sections.map { try $0.tag == tag ? [] : Sections.pack($0) }.reduce(Sections.head(), +)
        var random = SystemRandomNumberGenerator()
        var refused = 0
        for round in 0..<400 {
            var content = original
            for _ in 0...round % 4 {
                switch random.next() % 4 {
                case 0: content = Array(content.prefix(Int(random.next() % UInt64(content.count + 1))))
                case 1: content.insert(contentsOf: [0xff, 0xff, 0xff, 0xff, 0x7f], at: Int(random.next() % UInt64(content.count + 1)))
                default:
                    if !content.isEmpty {
                        content[Int(random.next() % UInt64(content.count))] = UInt8(truncatingIfNeeded: random.next())
                    }
                }
            }
            if explanation(try packed + Sections.pack(.init(tag: tag, content: content))) != nil { refused += 1 }
        }
        #expect(refused > 20)
    }

    @Test func bombs() throws {
        // A section that claims more than its bytes could ever become.
        var section = try Sections.pack(.init(tag: "STCK", content: [UInt8](repeating: 0, count: 4096)))
        section.replaceSubrange(4..<8, with: [0xff, 0xff, 0xff, 0x05])
        #expect(explanation(Sections.head() + section)?.contains("cannot be so large") == true)
        section.replaceSubrange(4..<8, with: [0xff, 0xff, 0xff, 0xff])
        #expect(explanation(Sections.head() + section)?.contains("claims") == true)
    }
}

/// Memory as it was recorded: not a byte more.
struct RecordedMemoryTests {
    @Test func exactlyWhatIsThere() throws {
        let memory = RecordedMemory(FileTests.sample.memory)
        #expect(memory.resident(0x1000, 3)?.load(as: UInt8.self) == 1)
        #expect(memory.resident(0x1002, 1)?.load(as: UInt8.self) == 3)
        #expect(memory.resident(1 << 63, 4)?.load(as: UInt8.self) == 5)
        for (address, count) in [(0x1000, 4), (0xfff, 1), (0x1003, 1), (0x1fff, 2), (0, 1), (.max, 1), (0x1000, .max)] as [(Address, Int)] {
            #expect(memory.resident(address, count) == nil, "\(address) \(count)")
        }
    }

    @Test func overlapsBecomeOne() throws {
        let source = RecordedMemory(
            try #require(RecordedRanges(ranges: [AddressRange(start: 0x1000, count: 64)], bytes: Array(0..<64))))
        let asked = [(0x1010, 8), (0x1000, 4), (0x1014, 8), (0x1004, 2), (0x1030, 1), (0x1018, 1)].map {
            AddressRange(start: $0, count: $1)
        }
        let recorded = try #require(RecordedRanges(asked, from: source))
        #expect(recorded.ranges == [(0x1000, 6), (0x1010, 12), (0x1030, 1)].map { AddressRange(start: $0, count: $1) })
        #expect(recorded.bytes == Array(0..<6) + Array(16..<28) + [48])
        #expect(RecordedRanges([AddressRange(start: 0x2000, count: 1)], from: source) == nil)
    }

    /// The last reading counts, wherever the pages lie.
    @Test func snapshots() throws {
        let bytes: [UInt8] = (0..<8192).map { UInt8(truncatingIfNeeded: $0 / 16) }
        let target = RecordedMemory(
            try #require(RecordedRanges(ranges: [AddressRange(start: 0x1ff0, count: 8192)], bytes: bytes)))
        let snapshot = Snapshot(of: target)
        func read(_ source: any MemorySource, _ start: Address, _ count: Int) -> [UInt8]? {
            var buffer = [UInt8](repeating: 0, count: count)
            let copied = withUnsafePointer(to: AddressRange(start: start, count: count)) { range in
                buffer.withUnsafeMutableBytes {
                    source.read(UnsafeBufferPointer(start: range, count: 1), into: $0.baseAddress!)
                }
            }
            return copied == count ? buffer : nil
        }
        let before = try #require(read(snapshot, 0x1ff0, 4096))
        #expect(before == Array(bytes[..<4096]))
        #expect(target.overwrite(0x1ff8, with: .max))
        let kept = snapshot.kept
        #expect(read(kept, 0x1ff0, 4096) == before)
        _ = read(snapshot, 0x1ff8, 8)
        #expect(read(snapshot.kept, 0x1ff0, 16) == Array(bytes[..<8]) + [UInt8](repeating: 0xff, count: 8))
        #expect(read(kept, 0x5000, 1) == nil)
    }
}
