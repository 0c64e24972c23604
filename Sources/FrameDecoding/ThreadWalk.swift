import TargetMemory

/// How interpreters and thread states are linked: the same shape in all versions, at other places.
/// `PyInterpreterState` is `struct _is`, `PyThreadState` is `struct _ts`. Offsets in bytes.
public struct ThreadLayout: Hashable, Sendable {
    public var interpreterNext: Int
    /// `tstate_head`, from 3.11 on `threads.head`.
    public var interpreterThreads: Int
    public var next: Int
    public var interpreter: Int
    public var threadID: Int
    /// `native_thread_id` (3.11+); `absent` before.
    public var nativeThreadID: Int
    /// Where the innermost frame is found: `frame` (to 3.10), `cframe` (3.11, 3.12), `current_frame`.
    public var frame: Int

    public init(
        interpreterNext: Int, interpreterThreads: Int, next: Int, interpreter: Int, threadID: Int,
        nativeThreadID: Int = absent, frame: Int
    ) {
        self.interpreterNext = interpreterNext
        self.interpreterThreads = interpreterThreads
        self.next = next
        self.interpreter = interpreter
        self.threadID = threadID
        self.nativeThreadID = nativeThreadID
        self.frame = frame
    }

    var span: Int { max(next, interpreter, threadID, nativeThreadID, frame) + 8 }

    /// The members in CPython's sources.
    public static let fields: [LayoutField<ThreadLayout>] = [
        LayoutField(\.interpreterNext, "_is", "next"),
        LayoutField(
            \.interpreterThreads, "_is", "tstate_head", or: [("_is", "threads.head")]),
        LayoutField(\.next, "_ts", "next"),
        LayoutField(\.interpreter, "_ts", "interp"),
        LayoutField(\.threadID, "_ts", "thread_id"),
        LayoutField(\.nativeThreadID, "_ts", "native_thread_id"),
        LayoutField(
            \.frame, "_ts", "current_frame", or: [("_ts", "frame"), ("_ts", "cframe")]),
    ]
}

/// Walks the lists of interpreters and thread states.
public struct ThreadWalk: Sendable {
    public let layout: ThreadLayout
    /// Where the pointer to the first PyInterpreterState is kept.
    public let interpretersHead: Address

    static let mostInterpreters = 1 << 12
    static let mostThreads = 1 << 16

    public init(layout: ThreadLayout, interpretersHead: Address) {
        self.layout = layout
        self.interpretersHead = interpretersHead
    }

    public func interpreters(in memory: Memory) throws(DecodeError) -> [Address] {
        var found: [Address] = []
        var chain = ChainGuard(limit: Self.mostInterpreters)
        var interpreter = try memory.word(interpretersHead)
        while interpreter != 0, try chain.step(interpreter) {
            found.append(interpreter)
            interpreter = try memory.word(interpreter &+ Address(layout.interpreterNext))
        }
        return found
    }

    public func threads(in memory: Memory) throws(DecodeError) -> [ThreadState] {
        var found: [ThreadState] = []
        for interpreter in try interpreters(in: memory) {
            // In all of them together.
            var chain = ChainGuard(limit: Self.mostThreads - found.count)
            var address = try memory.word(interpreter &+ Address(layout.interpreterThreads))
            while address != 0, try chain.step(address) {
                let view = try memory.view(address, layout.span)
                guard view.word(layout.interpreter) == interpreter else {
                    throw .implausible("thread state of another interpreter", at: address)
                }
                found.append(thread(address, view))
                address = view.word(layout.next)
            }
        }
        return found
    }

    /// The thread state at `address`.
    public func thread(at address: Address, in memory: Memory) throws(DecodeError) -> ThreadState {
        thread(address, try memory.view(address, layout.span))
    }

    /// The word of the thread state that leads to its innermost frame.
    public func frameWord(of thread: ThreadState, in memory: Memory) throws(DecodeError) -> Address {
        try memory.word(thread.address &+ Address(layout.frame))
    }

    private func thread(_ address: Address, _ view: MemoryView) -> ThreadState {
        ThreadState(
            address: address, interpreter: view.word(layout.interpreter),
            threadID: view.word(layout.threadID),
            nativeThreadID: layout.nativeThreadID == absent
                ? nil : view.word(layout.nativeThreadID))
    }
}
