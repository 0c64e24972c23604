import TargetMemory

/// All offsets that reading frame objects takes (CPython up to 3.10). A module has one row of this
/// for each version; in bytes.
public struct FrameObjectABI: LayoutRow {
    public var threads: ThreadLayout
    public var frame: FrameObjectLayout
    public var code: CodeReader
    public var lineRule: FrameObjectWalk.LineRule
    /// Offsets in `_PyRuntime` (3.7 to 3.10); nil where globals are separate symbols (to 3.6).
    public var runtime: RuntimeLayout?
    /// Nil when objects are not read.
    public var program: ProgramLayout?

    public init(
        threads: ThreadLayout, frame: FrameObjectLayout, code: CodeReader,
        lineRule: FrameObjectWalk.LineRule = .whileTraced, runtime: RuntimeLayout? = nil,
        program: ProgramLayout? = nil
    ) {
        self.threads = threads
        self.frame = frame
        self.code = code
        self.lineRule = lineRule
        self.runtime = runtime
        self.program = program
    }

    /// Overwrites all offsets with those that DWARF gives; returns what it does not give.
    public mutating func fill(from structs: any StructLayouts) -> [String] {
        var missing = ThreadLayout.fields.fill(&threads, from: structs)
        missing += FrameObjectLayout.fields.fill(&frame, from: structs)
        missing += code.fill(from: structs)
        if var layout = runtime {
            missing += RuntimeLayout.fields.fill(&layout, from: structs)
            runtime = layout
        }
        program = program?.filled(from: structs)
        return missing
    }

    public var rootSign: RootSign {
        RootSign(threads: threads, headInRuntime: runtime?.interpretersHead)
    }

    public func makeDecoder(
        site: any InterpreterSite, origin: String, frames: FrameTable
    ) throws -> any FrameDecoder {
        try FrameObjectDecoder(site: site, abi: self, origin: origin, frames: frames)
    }
}

/// Places in `_PyRuntime` (`struct pyruntimestate`, Include/internal/pycore_runtime.h) up to 3.11.
public struct RuntimeLayout: Equatable, Sendable {
    public var interpretersHead: Int
    /// `gilstate.tstate_current`: the thread state that runs.
    public var currentThread: Int
    /// `ceval.gil.switch_number`.
    public var switchNumber: Int

    public init(interpretersHead: Int, currentThread: Int, switchNumber: Int) {
        self.interpretersHead = interpretersHead
        self.currentThread = currentThread
        self.switchNumber = switchNumber
    }

    public static let fields: [LayoutField<RuntimeLayout>] = [
        LayoutField(\.interpretersHead, "pyruntimestate", "interpreters.head"),
        LayoutField(\.currentThread, "pyruntimestate", "gilstate.tstate_current"),
        LayoutField(\.switchNumber, "pyruntimestate", "ceval.gil.switch_number"),
    ]
}

/// Where the pointers that everything starts from are, in one process.
public struct GlobalRoots: Sendable {
    /// Holds the pointer to the first PyInterpreterState.
    public var interpretersHead: Address
    /// Holds the pointer to the PyThreadState that runs, 0 when the GIL is free. A thread sets it
    /// after it has taken the GIL and clears it before it lets go, so it proves who holds it.
    public var currentThread: Address
    /// Holds the count of GIL switches; nil when it cannot be found.
    public var switchNumber: Address?

    /// From separate globals (2.x to 3.6) or, with `runtime`, from `_PyRuntime`.
    public init(site: any InterpreterSite, runtime: RuntimeLayout?) throws {
        if let runtime {
            guard let base = site.address(of: "_PyRuntime") else {
                throw LayoutUnavailable("no symbol _PyRuntime")
            }
            interpretersHead = base &+ Address(runtime.interpretersHead)
            currentThread = base &+ Address(runtime.currentThread)
            switchNumber = base &+ Address(runtime.switchNumber)
        } else {
            guard let head = site.address(of: "interp_head") else {
                throw LayoutUnavailable("neither a symbol interp_head nor PyInterpreterState_Head that leads to it")
            }
            guard let current = site.address(of: "_PyThreadState_Current") else {
                throw LayoutUnavailable("no symbol _PyThreadState_Current")
            }
            interpretersHead = head
            currentThread = current
            switchNumber = site.address(of: "gil_switch_number")
        }
    }

    /// The lock as these words tell it.
    public func lockState(_ walk: ThreadWalk, in memory: Memory) throws(DecodeError) -> LockState {
        var state = LockState()
        if let switchNumber { state.switches = try memory.word(switchNumber) }
        let current = try memory.word(currentThread)
        if current != 0 { state.holders = [try walk.thread(at: current, in: memory)] }
        return state
    }
}

/// The decoder of every CPython whose frames are objects (to 3.10); modules differ in their tables.
public final class FrameObjectDecoder: FrameDecoder {
    public let layoutOrigin: String
    public let walk: ThreadWalk
    public let program: ProgramReader?
    private let roots: GlobalRoots
    private let frames: FrameObjectWalk

    public init(
        site: any InterpreterSite, abi: FrameObjectABI, origin: String, frames table: FrameTable
    ) throws {
        roots = try GlobalRoots(site: site, runtime: abi.runtime)
        let walk = ThreadWalk(layout: abi.threads, interpretersHead: roots.interpretersHead)
        self.walk = walk
        var reader = abi.code
        reader.codeType = site.address(of: "PyCode_Type")
        let code = reader
        frames = FrameObjectWalk(
            layout: abi.frame, rule: abi.lineRule, codes: CodeCache(reader: code, frames: table))
        program = abi.program.map { layout in
            var layout = layout
            // A Python 2 with narrow Unicode has it in the names of its functions.
            let isNarrow = site.address(of: "PyUnicodeUCS2_Format") != nil
            if isNarrow { layout.objects.unicodeWidth = 2 }
            return ProgramReader(layout: layout, code: code, walk: walk)
        }
        layoutOrigin = origin
    }

    public func lockState(in memory: Memory) throws(DecodeError) -> LockState {
        try roots.lockState(walk, in: memory)
    }

    public func append(
        _ thread: ThreadState, in memory: Memory, to stack: inout [FrameID], note: ((FramePlace) -> Void)?
    ) throws(DecodeError) {
        try frames.append(
            from: walk.frameWord(of: thread, in: memory), in: memory, to: &stack, note: note)
    }
}
