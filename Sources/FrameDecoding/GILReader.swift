import TargetMemory

/// The GIL of 3.12 and later: each interpreter points to its own or to the main one's.
public struct GILReader: Sendable {
    /// `ceval.gil` in PyInterpreterState: the pointer to the GIL in use.
    public var pointer: Int
    /// In `struct _gil_runtime_state` (Include/internal/pycore_gil.h).
    public var lastHolder: Int
    public var locked: Int
    public var switchNumber: Int
    /// A 32-bit word of the thread state that says whether it holds the GIL, and its bits that do.
    public var holding: Int
    public var holdingMask: UInt32

    public init(
        pointer: Int, lastHolder: Int = 8, locked: Int = 16, switchNumber: Int = 24, holding: Int,
        holdingMask: UInt32
    ) {
        self.pointer = pointer
        self.lastHolder = lastHolder
        self.locked = locked
        self.switchNumber = switchNumber
        self.holding = holding
        self.holdingMask = holdingMask
    }

    /// `last_holder` is written after `locked`, so a GIL that changes hands can name the wrong one;
    /// a thread counts as the holder only when its own word agrees.
    public func lockState(_ walk: ThreadWalk, in memory: Memory) throws(DecodeError) -> LockState {
        var state = LockState()
        var seen: [Address] = []
        for interpreter in try walk.interpreters(in: memory) {
            let gil = try memory.word(interpreter &+ Address(pointer))
            if gil == 0 || seen.contains(gil) { continue }
            seen.append(gil)
            let view = try memory.view(gil, max(lastHolder, locked, switchNumber) + 8)
            state.switches &+= view.word(switchNumber)
            guard view.int32(locked) == 1 else { continue }
            let holder = view.word(lastHolder)
            guard holder != 0,
                UInt32(bitPattern: try memory.int32(holder &+ Address(holding))) & holdingMask != 0
            else { throw .implausible("a GIL that changes hands", at: gil) }
            state.holders.append(try walk.thread(at: holder, in: memory))
        }
        return state
    }

    public static let fields: [LayoutField<GILReader>] = [
        LayoutField(\.pointer, "_is", "ceval.gil"),
        LayoutField(\.lastHolder, "_gil_runtime_state", "last_holder"),
        LayoutField(\.locked, "_gil_runtime_state", "locked"),
        LayoutField(\.switchNumber, "_gil_runtime_state", "switch_number"),
        LayoutField(\.holding, "_ts", "holds_gil", or: [("_ts", "_status")]),
    ]
}
