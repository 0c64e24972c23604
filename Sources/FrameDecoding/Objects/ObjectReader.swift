import TargetMemory

/// Reads objects of the target's program: their types, items and attributes. It looks at what it
/// finds as data that may be anything: every size is bounded, and a read that fails is an error, not a guess.
struct ObjectReader {
    let layout: ObjectLayout
    let text: TextReader
    /// Offsets of `ob_size` and of the first byte of a bytes object.
    let bytesSize: Int
    let bytesData: Int
    let effort = Effort()

    init(layout: ObjectLayout, code: CodeReader) {
        self.layout = layout
        text = code.text
        bytesSize = code.bytesSize
        bytesData = code.bytesData
    }

    /// What an object is, as far as it matters here.
    enum Kind {
        case none, boolean, integer, long, float, string, bytes, unicode, list, tuple, dict, set, frozenSet
        case type, module, cell, oldInstance
        case other
    }

    struct TypeInfo {
        var address: Address
        var flags: UInt64
        /// `tp_name`: of built-in types with their module, of others without.
        var name: String

        var isHeapType: Bool { flags >> 9 & 1 == 1 }  // Py_TPFLAGS_HEAPTYPE
        func has(_ bit: UInt64) -> Bool { flags >> bit & 1 == 1 }
    }

    private static let longestTypeName = 256

    func type(of object: Address, in memory: Memory) throws(DecodeError) -> TypeInfo {
        try typeInfo(memory.word(object &+ Address(layout.type)), in: memory)
    }

    func typeInfo(_ type: Address, in memory: Memory) throws(DecodeError) -> TypeInfo {
        let flags = try memory.word(type &+ Address(layout.typeFlags))
        let name = try cString(at: memory.word(type &+ Address(layout.typeName)), in: memory)
        return TypeInfo(address: type, flags: flags, name: name)
    }

    /// Only the built-in types themselves: a subclass may mean something else by the same bytes.
    func kind(_ type: TypeInfo) -> Kind {
        guard !type.isHeapType else { return type.has(31) ? .type : .other }
        switch type.name {
        case "NoneType": return .none
        case "bool": return .boolean
        case "int": return layout.isPython2 ? .integer : .long
        case "long": return layout.isPython2 ? .long : .other
        case "float": return .float
        case "str": return layout.isPython2 ? .bytes : .string
        case "bytes": return .bytes
        case "unicode": return layout.isPython2 ? .unicode : .other
        case "list": return .list
        case "tuple": return .tuple
        case "dict": return .dict
        case "set": return .set
        case "frozenset": return .frozenSet
        case "module": return .module
        case "cell": return .cell
        case "instance": return layout.isPython2 ? .oldInstance : .other
        default: return type.has(31) ? .type : .other  // Py_TPFLAGS_TYPE_SUBCLASS
        }
    }

    private func cString(at address: Address, in memory: Memory) throws(DecodeError) -> String {
        var bytes: [UInt8] = []
        // Up to the end of a page: what lies behind it may not be mapped.
        while bytes.count < Self.longestTypeName {
            let place = address &+ Address(bytes.count)
            let step = min(Self.longestTypeName - bytes.count, 4096 - Int(place & 4095))
            let piece = try memory.view(place, step).bytes(0, count: step)
            if let end = piece.firstIndex(of: 0) {
                bytes += piece[..<end]
                break
            }
            bytes += piece
        }
        return bytes.withUnsafeBytes { decodeUTF8($0) }
    }

    /// `str`, or in Python 2 `str` or `unicode`.
    func string(_ object: Address, in memory: Memory) throws(DecodeError) -> String? {
        switch kind(try type(of: object, in: memory)) {
        case .string: return try text.read(object, in: memory).text
        case .bytes where layout.isPython2: return try text.read(object, in: memory).text
        case .unicode: return try unicode(object, limit: TextReader.longest, in: memory).text
        default: return nil
        }
    }

    /// `unicode` of Python 2: code units of two or four bytes. At most `limit` of them.
    func unicode(
        _ object: Address, limit: Int, in memory: Memory
    ) throws(DecodeError) -> (text: String, isWhole: Bool) {
        let count = try memory.word(object &+ Address(layout.unicodeLength))
        guard count < 1 << 30 else { throw .implausible("length of a string", at: object) }
        let kept = min(Int(count), limit)
        guard kept > 0 else { return ("", true) }
        let data = try memory.word(object &+ Address(layout.unicodeData))
        let width = layout.unicodeWidth
        let units = try memory.view(data, kept * width).bytes(0, count: kept * width)
        var decoded = ""
        if width == 2 {
            decoded = String(
                decoding: (0..<kept).map { units.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self) },
                as: UTF16.self)
        } else {
            for index in 0..<kept {
                let value = units.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                decoded.unicodeScalars.append(Unicode.Scalar(value) ?? "\u{fffd}")
            }
        }
        return (decoded, kept == Int(count))
    }

    /// How many items a list, tuple, bytes or string object has (`ob_size`).
    func count(_ object: Address, in memory: Memory) throws(DecodeError) -> Int {
        let count = try memory.word(object &+ Address(layout.size))
        guard count < 1 << 48 else { throw .implausible("size of an object", at: object) }
        return Int(count)
    }

    /// The first `limit` items of a list or tuple.
    func items(
        of object: Address, isTuple: Bool, limit: Int, in memory: Memory
    ) throws(DecodeError) -> [Address] {
        let kept = min(try count(object, in: memory), limit)
        guard kept > 0 else { return [] }
        let start =
            isTuple
            ? object &+ Address(layout.tupleItems) : try memory.word(object &+ Address(layout.listItems))
        guard effort.take(kept) else { throw .implausible("more objects than are looked at", at: object) }
        let view = try memory.view(start, kept * 8)
        return (0..<kept).map { view.word($0 * 8) }
    }

    /// Up to `limit` members of a set, in the order of its table, and how many it has.
    func members(
        ofSet object: Address, limit: Int, in memory: Memory
    ) throws(DecodeError) -> (members: [Address], count: Int) {
        let view = try memory.view(object &+ Address(layout.setUsed), 24)
        let used = view.word(0)
        let mask = view.word(layout.setMask - layout.setUsed)
        let table = view.word(layout.setTable - layout.setUsed)
        guard used <= mask, mask < 1 << 40 else { throw .implausible("size of a set", at: object) }
        var members: [Address] = []
        // Most of a table may be empty: as much of it is looked at as members are wanted, and some.
        let looked = min(Int(mask) + 1, 64 * max(limit, 1))
        let entries = try memory.view(table, looked * 16)
        for index in 0..<looked where members.count < min(limit, Int(used)) {
            let key = entries.word(index * 16 + (layout.setHashFirst ? 8 : 0))
            let hash = entries.word(index * 16 + (layout.setHashFirst ? 0 : 8))
            guard key != 0, hash != .max else { continue }
            // Where a member was removed a dummy is left: to 3.4 a string that says so.
            if let text = try? string(key, in: memory), text == "<dummy key>" { continue }
            members.append(key)
        }
        return (members, Int(used))
    }

    /// What a cell refers to; 0 when it is empty.
    func cellContent(_ cell: Address, in memory: Memory) throws(DecodeError) -> Address {
        try memory.word(cell &+ Address(layout.content))
    }
}
