import TargetMemory

/// Attributes in an instance's `__dict__`, wherever a version keeps it.
extension ObjectReader {
    /// Nil when the instance itself has no such attribute.
    func attribute(
        _ name: String, of object: Address, in memory: Memory
    ) throws(DecodeError) -> Address? {
        let type = try type(of: object, in: memory)
        switch try storage(of: object, type, in: memory) {
        case .none: return nil
        case .dict(let dict): return try value(of: name, inDict: dict, memory: memory)
        case .values(let values, let keys):
            return try value(of: name, keys: keys, values: values, memory: memory)
        }
    }

    private enum Storage {
        case none
        case dict(Address)
        /// PyDictValues, and the keys of the type.
        case values(Address, keys: Address)
    }

    private func storage(
        of object: Address, _ type: TypeInfo, in memory: Memory
    ) throws(DecodeError) -> Storage {
        let isManaged = type.has(4)  // Py_TPFLAGS_MANAGED_DICT (3.11+)
        func keys(_ offset: Int) throws(DecodeError) -> Address {
            try memory.word(type.address &+ Address(offset))
        }
        switch layout.attributes {
        case .separateWords(let cachedKeys) where isManaged:
            let words = try memory.view(object &- 32, 16)
            if words.word(8) != 0 { return .dict(words.word(8)) }
            return words.word(0) == 0 ? .none : .values(words.word(0), keys: try keys(cachedKeys))
        case .oneWord(let cachedKeys) where isManaged:
            let word = try memory.word(object &- 24)
            if word == 0 { return .none }
            return word & 1 == 0 ? .dict(word) : .values(word &+ 1, keys: try keys(cachedKeys))
        case .inline(let place, let cachedKeys) where isManaged:
            let dict = try memory.word(object &+ Address(bitPattern: Int64(place)))
            if dict != 0 { return .dict(dict) }
            guard type.has(2) else { return .none }  // Py_TPFLAGS_INLINE_VALUES
            let size = try memory.word(type.address &+ Address(layout.typeBasicSize))
            return .values(object &+ size, keys: try keys(cachedKeys))
        default:
            let offset = Int64(bitPattern: try memory.word(type.address &+ Address(layout.typeDictOffset)))
            // Negative offsets count from the end of objects of varying size; no class of interest has one.
            guard offset > 0, offset < 1 << 20 else { return .none }
            let dict = try memory.word(object &+ Address(offset))
            return dict == 0 ? .none : .dict(dict)
        }
    }
}
