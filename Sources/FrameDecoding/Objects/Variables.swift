import TargetMemory

/// A variable of a frame, its value as text.
public struct Variable: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Where a frame that a stack shows lies, and its code object.
public struct FramePlace: Equatable, Sendable {
    public var frame: Address
    public var code: Address
}

extension ProgramReader {
    /// More variables of a frame are not read.
    private static let mostVariables = 200

    /// Arguments and local variables of each of `frames`, in the order of their code; those that have no
    /// value are left out. A frame whose variables cannot be read has none.
    ///
    /// Module level and class bodies keep their variables in dicts, which are not read.
    public func variables(of frames: [FramePlace], in memory: Memory) -> [[Variable]] {
        objects.effort.begin(sample: memory.epoch)
        return frames.map { (try? variables(of: $0, in: memory)) ?? [] }
    }

    private func variables(of place: FramePlace, in memory: Memory) throws(DecodeError) -> [Variable] {
        let names = try names(of: place.code, in: memory)
        guard !names.isEmpty else { return [] }
        let start = place.frame &+ Address(layout.variables.slots)
        let slots = try memory.view(start, names.count * 8)
        var text = ValueText(objects, in: memory)
        var found: [Variable] = []
        for (index, name) in names.enumerated() {
            // From 3.14 on the lowest bits are a tag (_PyStackRef).
            var object = slots.word(index * 8) & ~3
            guard object != 0 else { continue }
            if name.mayBeCell, let type = try? objects.type(of: object, in: memory),
                objects.kind(type) == .cell
            {
                object = try objects.cellContent(object, in: memory)
                guard object != 0 else { continue }
            }
            found.append(Variable(name: name.text, value: text.text(of: object)))
        }
        return found
    }

    private struct Name {
        var text: String
        /// Shared with a function inside or outside of this one.
        var mayBeCell: Bool
    }

    private func names(of code: Address, in memory: Memory) throws(DecodeError) -> [Name] {
        func strings(_ offset: Int) throws(DecodeError) -> [String] {
            let tuple = try memory.word(code &+ Address(offset))
            var strings: [String] = []
            for item in try objects.items(of: tuple, isTuple: true, limit: Self.mostVariables, in: memory) {
                guard objects.effort.take(Effort.object) else { break }
                strings.append(try objects.text.read(item, in: memory).text)
            }
            return strings
        }
        let names = layout.variables.names
        guard layout.variables.kinds == absent else {
            // CO_FAST_LOCAL, CO_FAST_CELL, CO_FAST_FREE (Include/internal/pycore_code.h).
            let kinds = try memory.word(code &+ Address(layout.variables.kinds))
            let texts = try strings(names)
            guard !texts.isEmpty else { return [] }
            let bytes = try memory.view(kinds &+ Address(objects.bytesData), texts.count)
            return texts.enumerated().map { Name(text: $1, mayBeCell: bytes.byte($0) & 0xc0 != 0) }
        }
        // co_varnames, co_freevars, co_cellvars; a frame has cells before free variables.
        let cells = try strings(names + 16) + strings(names + 8)
        return try strings(names).map { Name(text: $0, mayBeCell: false) }
            + cells.map { Name(text: $0, mayBeCell: true) }
    }
}
