import TargetMemory

extension ProgramReader {
    /// More threads than this are not named.
    private static let mostNames = 4096

    /// What the module `threading` calls the threads that it knows, by `threading.get_ident()`; read from
    /// its `_active` in every interpreter. Empty where the module is not loaded.
    public func threadNames(in memory: Memory) throws(DecodeError) -> [UInt64: String] {
        objects.effort.begin()
        var names: [UInt64: String] = [:]
        for interpreter in try walk.interpreters(in: memory) {
            let modules = try memory.word(interpreter &+ Address(layout.modules))
            guard modules != 0,
                let threading = try objects.value(of: "threading", inDict: modules, memory: memory)
            else { continue }
            let globals = try memory.word(threading &+ Address(layout.objects.moduleDict))
            guard let active = try objects.value(of: "_active", inDict: globals, memory: memory)
            else { continue }
            // A class of the program may stand in for the dict.
            guard objects.kind(try objects.type(of: active, in: memory)) == .dict else { continue }
            try objects.forEachEntry(ofDict: active, in: memory, limit: Self.mostNames) {
                entry throws(DecodeError) in
                if let ident = try objects.smallInteger(entry.key, in: memory),
                    let name = try name(ofThread: entry.value, in: memory)
                {
                    names[ident] = name
                }
                return true
            }
        }
        return names
    }

    private func name(ofThread thread: Address, in memory: Memory) throws(DecodeError) -> String? {
        let attribute = layout.objects.isPython2 ? "_Thread__name" : "_name"
        guard let name = try objects.attribute(attribute, of: thread, in: memory) else { return nil }
        return try objects.string(name, in: memory)
    }
}
