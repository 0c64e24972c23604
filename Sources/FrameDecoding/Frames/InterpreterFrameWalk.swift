import TargetMemory

/// `_PyInterpreterFrame` of CPython 3.11 and later (Include/internal/pycore_frame.h, from 3.14
/// pycore_interpframe_structs.h): frames lie in the thread's data stack, linked by `previous`. Offsets in bytes.
public struct InterpreterFrameLayout: Equatable, Sendable {
    /// `f_code` (3.11, 3.12) or `f_executable` (3.13+; its low bits are a tag from 3.14 on).
    public var code: Int
    public var previous: Int
    /// `prev_instr` (3.11, 3.12) or `instr_ptr` (3.13+).
    public var instruction: Int
    public var owner: Int
    /// `is_entry` (3.11): C called the interpreter for this frame; `absent` later, where such a call
    /// has an entry frame of its own.
    public var isEntry: Int
    public var frameObject: Int
    /// `f_lineno` in PyFrameObject.
    public var frameObjectLine: Int
    /// `tlbc_index` (free-threaded 3.14+): which copy of the bytecode runs; `absent` elsewhere.
    public var bytecodeIndex: Int

    public init(
        code: Int, previous: Int, instruction: Int, owner: Int, isEntry: Int = absent,
        frameObject: Int, frameObjectLine: Int = 40, bytecodeIndex: Int = absent
    ) {
        self.code = code
        self.previous = previous
        self.instruction = instruction
        self.owner = owner
        self.isEntry = isEntry
        self.frameObject = frameObject
        self.frameObjectLine = frameObjectLine
        self.bytecodeIndex = bytecodeIndex
    }

    /// Bytes of a frame that have to be read: not one of the local variables behind them.
    var span: Int {
        max(
            max(code, previous, instruction, frameObject) + 8, bytecodeIndex + 4,
            max(owner, isEntry) + 1)
    }
}

extension InterpreterFrameLayout {
    /// The members in CPython's sources; the tag of the struct is its name.
    public static let fields: [LayoutField<InterpreterFrameLayout>] = [
        LayoutField(
            \.code, "_PyInterpreterFrame", "f_code", or: [("_PyInterpreterFrame", "f_executable")]),
        LayoutField(\.previous, "_PyInterpreterFrame", "previous"),
        LayoutField(
            \.instruction, "_PyInterpreterFrame", "prev_instr",
            or: [("_PyInterpreterFrame", "instr_ptr")]),
        LayoutField(\.owner, "_PyInterpreterFrame", "owner"),
        LayoutField(\.isEntry, "_PyInterpreterFrame", "is_entry"),
        LayoutField(\.frameObject, "_PyInterpreterFrame", "frame_obj"),
        LayoutField(\.frameObjectLine, "_frame", "f_lineno"),
        LayoutField(\.bytecodeIndex, "_PyInterpreterFrame", "tlbc_index"),
    ]
}

/// Walks interpreter frames from the leaf to the root, leaving out what the interpreter itself hides.
public struct InterpreterFrameWalk {
    let layout: InterpreterFrameLayout
    let codes: CodeCache
    /// `co_tlbc` in the code object (free-threaded 3.14+); `absent` elsewhere.
    let threadBytecodes: Int

    public init(layout: InterpreterFrameLayout, codes: CodeCache, threadBytecodes: Int = absent) {
        self.layout = layout
        self.codes = codes
        self.threadBytecodes = threadBytecodes
    }

    /// enum _frameowner: a generator's frame is shown even before its first traceable instruction;
    /// 3 and above are entries from C, which have no code.
    private static let ownedByGenerator: UInt8 = 1
    private static let ownedByInterpreter: UInt8 = 3

    /// Appends the frames from `leaf` (address of an _PyInterpreterFrame, or 0) on; `note` is told where each is.
    public func append(from leaf: Address, in memory: Memory, to stack: inout [FrameID],
        note: ((FramePlace) -> Void)? = nil
    ) throws(DecodeError) {
        var chain = ChainGuard(limit: ChainGuard.deepestStack)
        var address = leaf
        var cameFromC = true
        while address != 0, try chain.step(address) {
            guard memory.budget.takeStep() else { throw .tooMuch(at: address) }
            let frame = try memory.view(address, layout.span)
            let place = address
            address = frame.word(layout.previous)
            let owner = frame.byte(layout.owner)
            cameFromC = layout.isEntry == absent
                ? owner >= Self.ownedByInterpreter : frame.byte(layout.isEntry) != 0
            guard owner < Self.ownedByInterpreter else { continue }

            let code = frame.word(layout.code) & ~3
            let entry = try codes.entry(code, in: memory)
            let offset = try instructionOffset(of: frame, in: entry, memory)
            // _PyFrame_IsIncomplete: the frame is still being set up.
            if owner != Self.ownedByGenerator, offset < entry.firstTraceable * 2 { continue }

            note?(FramePlace(frame: place, code: code))
            let frameObject = frame.word(layout.frameObject)
            if frameObject != 0 {
                // PyFrame_GetLineNumber: set while a trace function runs for the frame.
                let line = try memory.int32(frameObject &+ Address(layout.frameObjectLine))
                if line != 0 {
                    stack.append(codes.frame(entry, line: Int(line)))
                    continue
                }
            }
            stack.append(codes.frame(entry, offset: offset))
        }
        // The first frame of a thread was entered from C. A thread that is stopped between two stores,
        // while it links a frame or unlinks a generator's, shows a chain that ends too early.
        if address == 0, !cameFromC { throw .implausible("stack without a root", at: leaf) }
    }

    /// Bytes from the beginning of the bytecode; negative before the first instruction.
    private func instructionOffset(
        of frame: MemoryView, in entry: CodeCache.Entry, _ memory: Memory
    ) throws(DecodeError) -> Int {
        var bytecode = entry.address &+ Address(codes.layout.bytecode)
        if threadBytecodes != absent, layout.bytecodeIndex != absent {
            // _PyCodeArray: size, then one bytecode for each index.
            let array = try memory.word(entry.address &+ Address(threadBytecodes))
            let index = frame.int32(layout.bytecodeIndex)
            guard index >= 0, index < 1 << 20 else {
                throw .implausible("index of a thread's bytecode", at: array)
            }
            bytecode = try memory.word(array &+ 8 &+ Address(index) &* 8)
        }
        let distance = Int64(bitPattern: frame.word(layout.instruction) &- bytecode)
        guard distance >= -16, distance < 1 << 31 else {
            throw .implausible("instruction pointer outside of its code", at: entry.address)
        }
        return Int(distance)
    }
}
