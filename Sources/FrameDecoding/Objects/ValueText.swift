import TargetMemory

/// How much of a value is shown.
struct ValueBounds {
    /// Containers in containers are shown this deep.
    var depth = 3
    /// Items of a container.
    var items = 10
    /// Characters of a string.
    var characters = 120
    /// Objects that a frame's variables may take in all.
    var objects = 400
    /// Characters of a value.
    var length = 500
}

/// Writes values as `repr` would, as far as bounds allow, from what the memory says: nothing is called. What
/// has no literal is `<module.Class object at 0x...>`; what cannot be read is `<unreadable>`.
struct ValueText {
    let objects: ObjectReader
    let bounds: ValueBounds
    private let memory: Memory
    private var objectsLeft: Int
    /// The containers that the present value is in: a value may be part of itself.
    private var path: [Address] = []

    init(_ objects: ObjectReader, in memory: Memory, bounds: ValueBounds = ValueBounds()) {
        self.objects = objects
        self.bounds = bounds
        self.memory = memory
        objectsLeft = bounds.objects
    }

    mutating func text(of object: Address) -> String {
        path.removeAll()
        let text = value(object)
        return text.unicodeScalars.count > bounds.length
            ? String(text.unicodeScalars.prefix(bounds.length)) + "..." : text
    }

    private mutating func value(_ object: Address) -> String {
        guard objectsLeft > 0, objects.effort.take(Effort.object) else { return "..." }
        objectsLeft -= 1
        do throws(DecodeError) {
            return try readValue(object)
        } catch {
            return "<unreadable>"
        }
    }

    private mutating func readValue(_ object: Address) throws(DecodeError) -> String {
        let type = try objects.type(of: object, in: memory)
        switch objects.kind(type) {
        case .none: return "None"
        case .boolean: return try isTrue(object) ? "True" : "False"
        case .integer: return "\(Int64(bitPattern: try memory.word(object &+ Address(objects.layout.content))))"
        case .long:
            let number = try objects.integer(object, in: memory)
            let suffix = objects.layout.isPython2 ? "L" : ""
            return number.decimal.map { $0 + suffix } ?? "<int of \(number.count * number.digitBits) bits>"
        case .float:
            return Self.float(Double(bitPattern: try memory.word(object &+ Address(objects.layout.content))))
        case .string: return Self.quoted(cut(try objects.text.read(object, in: memory).text))
        case .unicode:
            let read = try objects.unicode(object, limit: bounds.characters, in: memory)
            return "u" + Self.quoted((read.text, read.isWhole), isASCII: true)
        case .bytes: return try bytes(object)
        case .list: return try items(object, isTuple: false)
        case .tuple: return try items(object, isTuple: true)
        case .dict: return try dict(object)
        case .set, .frozenSet: return try set(object, type)
        case .type: return "<class '\(try qualified(object))'>"
        case .cell: return "<cell at \(Self.hexadecimal(object))>"
        case .module: return "<module at \(Self.hexadecimal(object))>"
        case .oldInstance, .other:
            return "<\(try qualified(type.address)) object at \(Self.hexadecimal(object))>"
        }
    }

    private func isTrue(_ object: Address) throws(DecodeError) -> Bool {
        if objects.layout.isPython2 { return try memory.word(object &+ Address(objects.layout.content)) != 0 }
        return try objects.integer(object, in: memory).small != 0
    }

    // MARK: - Containers

    /// A container's text, unless the value is in it already or it is too deep.
    private mutating func within(
        _ object: Address, _ open: String, _ close: String,
        _ body: (inout ValueText) throws(DecodeError) -> [String]
    ) throws(DecodeError) -> String {
        guard !path.contains(object), path.count < bounds.depth else { return open + "..." + close }
        path.append(object)
        defer { path.removeLast() }
        return open + (try body(&self)).joined(separator: ", ") + close
    }

    private mutating func items(_ object: Address, isTuple: Bool) throws(DecodeError) -> String {
        let count = try objects.count(object, in: memory)
        let limit = bounds.items
        return try within(object, isTuple ? "(" : "[", isTuple ? ")" : "]") { (text) throws(DecodeError) in
            let items = try text.objects.items(of: object, isTuple: isTuple, limit: limit, in: text.memory)
            var parts: [String] = []
            for item in items { parts.append(item == 0 ? "<NULL>" : text.value(item)) }
            if count > items.count { parts.append("... \(count - items.count) more") }
            if isTuple, count == 1, let only = parts.first { parts = [only + ","] }
            return parts
        }
    }

    private mutating func dict(_ object: Address) throws(DecodeError) -> String {
        let count = try objects.count(ofDict: object, in: memory)
        let limit = bounds.items
        return try within(object, "{", "}") { (text) throws(DecodeError) in
            var entries: [ObjectReader.DictEntry] = []
            try text.objects.forEachEntry(ofDict: object, in: text.memory) { (entry) throws(DecodeError) in
                entries.append(entry)
                return entries.count < limit
            }
            var parts: [String] = []
            for entry in entries { parts.append(text.value(entry.key) + ": " + text.value(entry.value)) }
            if count > entries.count { parts.append("... \(count - entries.count) more") }
            return parts
        }
    }

    private mutating func set(_ object: Address, _ type: ObjectReader.TypeInfo) throws(DecodeError) -> String {
        let (members, count) = try objects.members(ofSet: object, limit: bounds.items, in: memory)
        let isPlain = type.name == "set" && !objects.layout.isPython2
        if count == 0 { return type.name + "()" }
        let (open, close) = isPlain ? ("{", "}") : objects.layout.isPython2
            ? ("\(type.name)([", "])") : ("\(type.name)({", "})")
        return try within(object, open, close) { (text) throws(DecodeError) in
            var parts: [String] = []
            for member in members { parts.append(text.value(member)) }
            if count > members.count { parts.append("... \(count - members.count) more") }
            return parts
        }
    }

    // MARK: - Names and scalars

    /// `module.Class` of a type; built-in ones without `builtins`.
    private func qualified(_ type: Address) throws(DecodeError) -> String {
        let info = try objects.typeInfo(type, in: memory)
        guard info.isHeapType else { return info.name }
        let dict = try memory.word(type &+ Address(objects.layout.typeDict))
        guard dict != 0,
            let module = try? objects.value(of: "__module__", inDict: dict, memory: memory),
            let name = try? objects.string(module, in: memory)
        else { return info.name }
        return name + "." + info.name
    }

    private func cut(_ text: String) -> (String, isWhole: Bool) {
        let scalars = text.unicodeScalars
        return scalars.count > bounds.characters
            ? (String(scalars.prefix(bounds.characters)), false) : (text, !text.hasSuffix("…"))
    }

    private func bytes(_ object: Address) throws(DecodeError) -> String {
        let count = try objects.count(object, in: memory)
        let kept = min(count, bounds.characters)
        var text = ""
        var content = ""
        if kept > 0 {
            let view = try memory.view(object &+ Address(objects.bytesData), kept)
            for byte in view.bytes(0, count: kept) {
                content.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        text = Self.quoted((content, kept == count), isASCII: true)
        return objects.layout.isPython2 ? text : "b" + text
    }

    /// In single quotes, or in double ones where only single ones are inside.
    static func quoted(_ content: (text: String, isWhole: Bool), isASCII: Bool = false) -> String {
        let scalars = content.text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var text = String(quote)
        for scalar in scalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\\": text += "\\\\"
            case quote: text += "\\" + String(quote)
            default:
                let value = scalar.value
                if value < 0x20 || value == 0x7f || (0x80..<(isASCII ? 0x100 : 0xa1)).contains(value) {
                    text += "\\x" + FrameDecoding.hexadecimal(value, digits: 2)
                } else if isASCII, value > 0xff {
                    text += value > 0xffff ? "\\U" + FrameDecoding.hexadecimal(value, digits: 8)
                        : "\\u" + FrameDecoding.hexadecimal(value, digits: 4)
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + String(quote) + (content.isWhole ? "" : "...")
    }

    /// As repr has it, which writes exponents from 10^16 on; Swift does from 2^53 on.
    static func float(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if abs(value) < 1e16, value == value.rounded(), abs(value) >= 1 { return "\(Int64(value)).0" }
        return "\(value)"
    }

    static func hexadecimal(_ address: Address) -> String { "0x" + String(address, radix: 16) }
}
