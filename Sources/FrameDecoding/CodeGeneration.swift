import TargetMemory

/// A number that changes whenever an address may have become that of another code object (3.12 and later).
///
/// A frame keeps its code object alive. So as long as the number is the same as in an earlier sample, a code
/// object that was at an address then, and that a frame names now, is the same one, and need not be looked at.
public struct CodeGeneration: Equatable, Sendable {
    /// Where it is in PyInterpreterState, in bytes.
    public var offset: Int
    public var kind: Kind

    public enum Kind: Sendable {
        /// `func_state.next_version` (3.12, 3.13; init_code in Objects/codeobject.c): 32 bits, counted on with every code object that
        /// is made. 0 when it has come to its end; then nothing is counted any more.
        case versions
        /// `_code_object_generation` (3.14+; code_dealloc): 64 bits, counted on with every code object that ends.
        case ends
    }

    public init(offset: Int, kind: Kind) {
        self.offset = offset
        self.kind = kind
    }

    /// Where DWARF says that it is. A table cannot know it for 3.12: it stands some 270 KB into a struct that patch
    /// releases may change.
    init?(_ structs: any StructLayouts) {
        if let offset = structs.offset(of: "_code_object_generation", in: "_is") {
            self.init(offset: offset, kind: .ends)
        } else if let offset = structs.offset(of: "func_state.next_version", in: "_is") {
            self.init(offset: offset, kind: .versions)
        } else {
            return nil
        }
    }
}

/// One interpreter's count of code objects.
public struct CodeCounter: Sendable {
    let layout: CodeGeneration
    let walk: ThreadWalk

    public init(layout: CodeGeneration, walk: ThreadWalk) {
        self.layout = layout
        self.walk = walk
    }

    /// Nil where it tells nothing: with several interpreters, each of which counts what it makes, one may run what is
    /// another's.
    func generation(in memory: Memory) throws(DecodeError) -> UInt64? {
        let interpreter = try memory.word(walk.interpretersHead)
        guard interpreter != 0, try memory.word(interpreter &+ Address(walk.layout.interpreterNext)) == 0
        else { return nil }
        let place = interpreter &+ Address(layout.offset)
        switch layout.kind {
        case .ends: return try memory.word(place)
        case .versions:
            let next = UInt32(bitPattern: try memory.int32(place))
            return next == 0 ? nil : UInt64(next)
        }
    }

    /// Whether a code object of `version` (`co_version`, 0 for none) may be there while the count is `generation`. If not, it is
    /// no count: the word was looked for at the wrong place.
    func mayHaveGiven(_ version: UInt32, before generation: UInt64) -> Bool {
        layout.kind == .ends || version == 0 || version < generation
    }
}
