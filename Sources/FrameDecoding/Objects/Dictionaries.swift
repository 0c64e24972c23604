import TargetMemory

/// Dicts of all shapes, from outside.
extension ObjectReader {
    struct DictEntry {
        var key: Address
        var value: Address
    }

    /// Larger dicts than this are not searched (entries).
    static let largestSearch = 1 << 16
    private static let largestTable: Address = 1 << 40

    /// Entries in the order in which the dict lists them, as long as `body` returns true.
    func forEachEntry(
        ofDict dict: Address, in memory: Memory, limit: Int = largestSearch,
        _ body: (DictEntry) throws(DecodeError) -> Bool
    ) throws(DecodeError) {
        switch layout.dictionaries {
        case .table:
            let mask = try memory.word(dict &+ Address(layout.dictMask))
            let table = try memory.word(dict &+ Address(layout.dictTable))
            guard mask < Self.largestTable else { throw .implausible("size of a dict", at: dict) }
            try entries(
                EntryTable(start: table, count: Int(mask) + 1, hasHash: true), values: nil, limit,
                memory, body)
        case .keys, .compact, .unicodeKeys:
            let keys = try memory.word(dict &+ Address(layout.dictKeys))
            let values = try memory.word(dict &+ Address(layout.dictValues))
            try entries(
                entryTable(ofKeys: keys, in: memory),
                values: values == 0 ? nil : values &+ valuesHead, limit, memory, body)
        }
    }

    /// Number of entries that `len` would tell.
    func count(ofDict dict: Address, in memory: Memory) throws(DecodeError) -> Int {
        // `ma_used`; to 3.2 it follows `ma_fill`.
        let place = layout.head + (layout.dictionaries == .table ? 8 : 0)
        let used = try memory.word(dict &+ Address(place))
        guard used < Self.largestTable else { throw .implausible("size of a dict", at: dict) }
        return Int(used)
    }

    /// The value for a string key; nil when there is none.
    func value(of name: String, inDict dict: Address, memory: Memory) throws(DecodeError) -> Address? {
        var found: Address?
        try forEachEntry(ofDict: dict, in: memory) { entry throws(DecodeError) in
            guard try isString(entry.key, name, in: memory) else { return true }
            found = entry.value
            return false
        }
        return found
    }

    /// Whether an object is the string `name` (ASCII). Looks at its length before anything else.
    private func isString(_ object: Address, _ name: String, in memory: Memory) throws(DecodeError) -> Bool {
        let length: Int
        switch text {
        case .byteString(let size, _): length = size
        case .pep393(let layout): length = layout.length
        }
        guard try memory.word(object &+ Address(length)) == Address(name.utf8.count) else { return false }
        return try string(object, in: memory) == name
    }

    /// The value of `name` in what PyDictValues `values` holds for the keys `keys`.
    func value(
        of name: String, keys: Address, values: Address, memory: Memory
    ) throws(DecodeError) -> Address? {
        var found: Address?
        let table = try entryTable(ofKeys: keys, in: memory)
        try entries(table, values: values &+ valuesHead, Self.largestSearch, memory) { entry throws(DecodeError) in
            guard try isString(entry.key, name, in: memory) else { return true }
            found = entry.value
            return false
        }
        return found
    }

    private var valuesHead: Address {
        if case .unicodeKeys(let head) = layout.dictionaries { return Address(head) }
        return 0
    }

    private struct EntryTable {
        var start: Address
        var count: Int
        /// Entries of hash, key, value; else of key and value.
        var hasHash: Bool
    }

    /// `PyDictKeysObject`, whose members differ in width and order from version to version.
    private func entryTable(ofKeys keys: Address, in memory: Memory) throws(DecodeError) -> EntryTable {
        let view = try memory.view(keys, 48)
        let table: EntryTable
        switch layout.dictionaries {
        case .table, .keys:
            // dk_refcnt, dk_size, dk_lookup, dk_usable, dk_entries
            let size = view.word(8)
            guard size < Self.largestTable else { throw .implausible("size of a dict", at: keys) }
            table = EntryTable(start: keys &+ 32, count: Int(size), hasHash: true)
        case .compact:
            // dk_refcnt, dk_size, dk_lookup, dk_usable, dk_nentries, dk_indices
            let size = view.word(8)
            let used = view.word(32)
            guard size < Self.largestTable, used <= size else {
                throw .implausible("size of a dict", at: keys)
            }
            let width: Address = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffff_ffff ? 4 : 8
            table = EntryTable(start: keys &+ 40 &+ size * width, count: Int(used), hasHash: true)
        case .unicodeKeys:
            // dk_refcnt, dk_log2_size, dk_log2_index_bytes, dk_kind, dk_version, dk_usable, dk_nentries, dk_indices
            let used = view.word(24)
            guard view.byte(8) < 40, view.byte(9) < 44, used <= 1 << Address(view.byte(8)) else {
                throw .implausible("size of a dict", at: keys)
            }
            table = EntryTable(
                start: keys &+ 32 &+ 1 << Address(view.byte(9)), count: Int(used),
                hasHash: view.byte(10) == 0)  // DICT_KEYS_GENERAL
        }
        return table
    }

    private func entries(
        _ table: EntryTable, values: Address?, _ limit: Int, _ memory: Memory,
        _ body: (DictEntry) throws(DecodeError) -> Bool
    ) throws(DecodeError) {
        let width = table.hasHash ? 24 : 16
        let key = table.hasHash ? 8 : 0
        // In pieces: most searches end early.
        var first = 0
        let count = min(table.count, limit)
        while first < count {
            let step = min(count - first, 256)
            guard effort.take(step) else { throw .implausible("more entries than are looked at", at: table.start) }
            let view = try memory.view(table.start &+ Address(first * width), step * width)
            let others: MemoryView? = if let values {
                try memory.view(values &+ Address(first * 8), step * 8)
            } else {
                nil
            }
            for index in 0..<step {
                let value = others?.word(index * 8) ?? view.word(index * width + key + 8)
                let entry = DictEntry(key: view.word(index * width + key), value: value)
                guard entry.key != 0, entry.value != 0 else { continue }
                guard try body(entry) else { return }
            }
            first += step
        }
    }
}
