import TargetMemory

/// All offsets that reading interpreter frames takes (CPython 3.11 and later), in bytes.
public struct InterpreterFrameABI: LayoutRow {
    public var threads: ThreadLayout
    public var frame: InterpreterFrameLayout
    public var code: CodeReader
    public var lock: Lock
    /// `interpreters.head` in `_PyRuntime`.
    public var interpretersHead: Int
    /// `current_frame` in `_PyCFrame` (3.11, 3.12); `absent` where the thread state has it.
    public var currentFrame: Int
    /// `co_tlbc` in PyCodeObject (free-threaded 3.14+); `absent` elsewhere.
    public var threadBytecodes: Int
    /// Nil where code objects are not counted.
    public var codeGeneration: CodeGeneration?
    /// Nil when objects are not read.
    public var program: ProgramLayout?

    /// Who may change Python's state.
    public enum Lock: Sendable {
        /// 3.11: the holder of the one GIL, in `_PyRuntime`.
        case runtime(RuntimeLayout)
        /// 3.12 and later: the holders of the interpreters' GILs.
        case interpreters(GILReader)
        /// A free-threaded build: every thread that is attached; the offset of `state` in
        /// PyThreadState, which then is `_Py_THREAD_ATTACHED`.
        case attached(state: Int)
    }

    public init(
        threads: ThreadLayout, frame: InterpreterFrameLayout, code: CodeReader, lock: Lock,
        interpretersHead: Int, currentFrame: Int = absent, threadBytecodes: Int = absent,
        codeGeneration: CodeGeneration? = nil, program: ProgramLayout? = nil
    ) {
        self.threads = threads
        self.frame = frame
        self.code = code
        self.lock = lock
        self.interpretersHead = interpretersHead
        self.currentFrame = currentFrame
        self.threadBytecodes = threadBytecodes
        self.codeGeneration = codeGeneration
        self.program = program
    }

    /// Overwrites all offsets with those that DWARF gives; returns what it does not give.
    public mutating func fill(from structs: any StructLayouts) -> [String] {
        var missing = ThreadLayout.fields.fill(&threads, from: structs)
        missing += InterpreterFrameLayout.fields.fill(&frame, from: structs)
        missing += code.fill(from: structs)
        missing += Self.fields.fill(&self, from: structs)
        program = program?.filled(from: structs)
        codeGeneration = CodeGeneration(structs)
        switch lock {
        case .runtime(var runtime):
            missing += RuntimeLayout.fields.fill(&runtime, from: structs)
            lock = .runtime(runtime)
        case .interpreters(var gil):
            missing += GILReader.fields.fill(&gil, from: structs)
            lock = .interpreters(gil)
        case .attached:
            if let state = structs.offset(of: "state", in: "_ts") {
                lock = .attached(state: state)
            } else {
                missing.append("_ts.state")
            }
        }
        return missing
    }

    public var rootSign: RootSign { RootSign(threads: threads, headInRuntime: interpretersHead) }

    public func makeDecoder(
        site: any InterpreterSite, origin: String, frames: FrameTable
    ) throws -> any FrameDecoder {
        try InterpreterFrameDecoder(site: site, abi: self, origin: origin, frames: frames)
    }

    static let fields: [LayoutField<InterpreterFrameABI>] = [
        LayoutField(\.interpretersHead, "pyruntimestate", "interpreters.head"),
        LayoutField(\.currentFrame, "_PyCFrame", "current_frame"),
        LayoutField(\.threadBytecodes, "PyCodeObject", "co_tlbc"),
    ]
}

/// The decoder of every CPython whose frames lie in the data stack (3.11 and later); modules differ
/// in where their offsets come from.
public final class InterpreterFrameDecoder: FrameDecoder {
    public let layoutOrigin: String
    private let abi: InterpreterFrameABI
    public let walk: ThreadWalk
    public let program: ProgramReader?
    private let frames: InterpreterFrameWalk
    private let lock: Lock

    private enum Lock {
        case global(GlobalRoots)
        case interpreters(GILReader)
        case attached(state: Int)
    }

    /// `_Py_THREAD_ATTACHED` (Include/internal/pycore_pystate.h).
    private static let attached: Int32 = 1

    public init(
        site: any InterpreterSite, abi: InterpreterFrameABI, origin: String, frames table: FrameTable
    ) throws {
        guard let runtime = site.address(of: "_PyRuntime") else {
            throw LayoutUnavailable("no symbol _PyRuntime and no section .PyRuntime")
        }
        self.abi = abi
        var code = abi.code
        code.codeType = site.address(of: "PyCode_Type")
        let walk = ThreadWalk(
            layout: abi.threads, interpretersHead: runtime &+ Address(abi.interpretersHead))
        self.walk = walk
        let counter = abi.codeGeneration.map { CodeCounter(layout: $0, walk: walk) }
        frames = InterpreterFrameWalk(
            layout: abi.frame, codes: CodeCache(reader: code, frames: table, counter: counter),
            threadBytecodes: abi.threadBytecodes)
        lock =
            switch abi.lock {
            case .runtime(let places): .global(try GlobalRoots(site: site, runtime: places))
            case .interpreters(let gil): .interpreters(gil)
            case .attached(let state): .attached(state: state)
            }
        program = abi.program.map { ProgramReader(layout: $0, code: code, walk: walk) }
        layoutOrigin = origin
    }

    public func lockState(in memory: Memory) throws(DecodeError) -> LockState {
        switch lock {
        case .global(let roots): return try roots.lockState(walk, in: memory)
        case .interpreters(let gil): return try gil.lockState(walk, in: memory)
        case .attached(let state):
            var result = LockState()
            for thread in try walk.threads(in: memory) {
                if try memory.int32(thread.address &+ Address(state)) == Self.attached {
                    result.holders.append(thread)
                } else {
                    result.detached.append(thread)
                }
            }
            return result
        }
    }

    public func append(
        _ thread: ThreadState, in memory: Memory, to stack: inout [FrameID], note: ((FramePlace) -> Void)?
    ) throws(DecodeError) {
        var leaf = try walk.frameWord(of: thread, in: memory)
        if abi.currentFrame != absent, leaf != 0 {
            leaf = try memory.word(leaf &+ Address(abi.currentFrame))
        }
        try frames.append(from: leaf, in: memory, to: &stack, note: note)
    }
}
