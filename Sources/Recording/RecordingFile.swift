import FrameDecoding
import TargetMemory

/// The file of a recording (docs/recording.md).
extension Recording {
    private enum Tag {
        static let target = "TARG"
        static let symbols = "SYMS"
        static let structs = "DWRF"
        static let memory = "RNGS"
        static let stacks = "STCK"
        static let truth = "TRUE"
        static let note = "NOTE"
    }

    /// The bytes of the file.
    public func encoded() throws(RecordingError) -> [UInt8] {
        var file = Sections.head()
        for section in sections { file += try Sections.pack(section) }
        return file
    }

    /// Reads the bytes of a file. Every size in it is bounded; what is damaged is found out.
    public init(_ file: [UInt8]) throws(RecordingError) { try self.init(Sections.unpack(file)) }

    var sections: [Sections.Section] {
        var sections = [
            Sections.Section(tag: Tag.target, content: target.encoded()),
            Sections.Section(tag: Tag.symbols, content: encodedSymbols()),
        ]
        if structs.areKnown {
            sections.append(Sections.Section(tag: Tag.structs, content: structs.encoded()))
        }
        sections.append(Sections.Section(tag: Tag.memory, content: memory.encoded()))
        sections.append(Sections.Section(tag: Tag.stacks, content: StackCoding.encoded(stacks)))
        if let truth {
            sections.append(Sections.Section(tag: Tag.truth, content: StackCoding.encoded(truth)))
        }
        if !notes.isEmpty {
            let text = notes.map { $0 + "\n" }.joined()
            sections.append(Sections.Section(tag: Tag.note, content: Array(text.utf8)))
        }
        return sections
    }

    init(_ sections: [Sections.Section]) throws(RecordingError) {
        var contents: [String: [UInt8]] = [:]
        for section in sections {
            guard contents.updateValue(section.content, forKey: section.tag) == nil else {
                throw .damaged("there are two sections \(section.tag)")
            }
        }
        func required(_ tag: String) throws(RecordingError) -> [UInt8] {
            guard let content = contents[tag] else {
                throw RecordingError("the recording is cut off: it has no section \(tag)")
            }
            return content
        }
        self.init(
            target: try RecordedTarget(try required(Tag.target)),
            symbols: try Self.symbols(try required(Tag.symbols)),
            structs: try contents[Tag.structs].map(RecordedStructs.init(_:)) ?? RecordedStructs(),
            memory: try RecordedRanges(try required(Tag.memory)),
            stacks: try StackCoding.decoded(try required(Tag.stacks)),
            truth: try contents[Tag.truth].map(StackCoding.decoded))
        notes = contents[Tag.note].map {
            String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
        } ?? []
    }

    private func encodedSymbols() -> [UInt8] {
        var writer = ByteWriter()
        writer.number(symbols.count)
        for (name, address) in symbols.sorted(by: { $0.key < $1.key }) {
            writer.text(name)
            writer.number(address)
        }
        return writer.bytes
    }

    private static func symbols(_ content: [UInt8]) throws(RecordingError) -> [String: Address] {
        var reader = ByteReader(content)
        var symbols: [String: Address] = [:]
        for _ in 0..<(try reader.count(ofAtLeast: 2)) {
            let name = try reader.text()
            symbols[name] = try reader.number()
        }
        return symbols
    }
}

/// As pairs of texts, so that keys can be added.
extension RecordedTarget {
    fileprivate func encoded() -> [UInt8] {
        let pairs = [
            ("recorder", recorder), ("machine", machine), ("pid", "\(pid)"), ("version", "\(version)"),
            ("version-origin", versionOrigin), ("file", path),
            ("load-bias", String(loadBias, radix: 16)), ("decoder", decoder),
            ("layout-source", layoutSource.rawValue), ("layout-origin", layoutOrigin),
        ]
        var writer = ByteWriter()
        writer.number(pairs.count)
        for (key, value) in pairs {
            writer.text(key)
            writer.text(value)
        }
        return writer.bytes
    }

    fileprivate init(_ content: [UInt8]) throws(RecordingError) {
        var reader = ByteReader(content)
        var values: [String: String] = [:]
        for _ in 0..<(try reader.count(ofAtLeast: 2)) {
            let key = try reader.text()
            values[key] = try reader.text()
        }
        func value<Value>(_ key: String, _ parse: (String) -> Value?) throws(RecordingError) -> Value {
            guard let value = values[key].flatMap(parse) else {
                throw .damaged("the target has no \(key) that makes sense")
            }
            return value
        }
        self.init(
            recorder: try value("recorder") { $0 }, machine: try value("machine") { $0 },
            pid: try value("pid") { Int32($0) },
            version: try value("version") { PythonVersion(prefixOf: $0) },
            versionOrigin: try value("version-origin") { $0 }, path: try value("file") { $0 },
            loadBias: try value("load-bias") { Address($0, radix: 16) },
            decoder: try value("decoder") { $0 },
            layoutSource: try value("layout-source", LayoutSource.init(rawValue:)),
            layoutOrigin: try value("layout-origin") { $0 })
    }
}

extension RecordedStructs {
    private static let kinds = 3

    fileprivate func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.number(answers.count)
        let ordered = answers.sorted {
            ($0.key.type, $0.key.member ?? "") < ($1.key.type, $1.key.member ?? "")
        }
        for (question, answer) in ordered {
            writer.number(question.member == nil ? 1 : question.isBits ? 2 : 0)
            writer.text(question.type)
            writer.text(question.member ?? "")
            writer.number(answer.value)
            writer.number(answer.width)
        }
        return writer.bytes
    }

    fileprivate init(_ content: [UInt8]) throws(RecordingError) {
        self.init()
        areKnown = true
        var reader = ByteReader(content)
        // No struct of CPython is larger than this.
        let largest = 1 << 28
        for _ in 0..<(try reader.count(ofAtLeast: 5)) {
            let kind = try reader.number(upTo: Self.kinds - 1)
            let type = try reader.text()
            let member = try reader.text()
            let answer = Answer(
                value: try reader.number(upTo: largest), width: try reader.number(upTo: 64))
            answers[Question(type: type, member: kind == 1 ? nil : member, isBits: kind == 2)] = answer
        }
    }
}

extension RecordedRanges {
    fileprivate func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.number(ranges.count)
        var end: Address = 0
        for range in ranges {
            writer.number(range.start - end)
            writer.number(range.count)
            end = range.start + Address(range.count)
        }
        writer.raw(bytes)
        return writer.bytes
    }

    fileprivate init(_ content: [UInt8]) throws(RecordingError) {
        var reader = ByteReader(content)
        var ranges: [AddressRange] = []
        var end: Address = 0
        for _ in 0..<(try reader.count(ofAtLeast: 3)) {
            let start = end &+ (try reader.number())
            let count = try reader.number(upTo: Self.mostBytes)
            ranges.append(AddressRange(start: start, count: count))
            end = start &+ Address(count)
        }
        guard let whole = RecordedRanges(ranges: ranges, bytes: reader.raw()) else {
            throw .damaged("its ranges of memory and their bytes do not fit together")
        }
        self = whole
    }
}
