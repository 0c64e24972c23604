import FrameDecoding
import TargetMemory

/// Reads a CPython 3.13 or later.
final class Decoder: FrameDecoder {
    let layoutOrigin: String
    private let frames: InterpreterFrames
    private let lock: Layout.Lock

    /// `_Py_THREAD_ATTACHED` (Include/internal/pycore_pystate.h).
    private static let attached: Int32 = 1

    init(
        runtime: Address, codeType: Address?, layout: Layout, origin: String, frames table: FrameTable
    ) {
        var code = layout.code
        code.codeType = codeType
        frames = InterpreterFrames(
            walk: ThreadWalk(
                layout: layout.threads,
                interpretersHead: runtime + Address(layout.interpretersHead)),
            frames: InterpreterFrameWalk(
                layout: layout.frame, codes: CodeCache(reader: code, frames: table),
                threadBytecodes: layout.threadBytecodes))
        lock = layout.lock
        layoutOrigin = origin
    }

    func interpreters(in memory: Memory) throws(DecodeError) -> [Address] {
        try frames.walk.interpreters(in: memory)
    }

    func threads(in memory: Memory) throws(DecodeError) -> [ThreadState] {
        try frames.walk.threads(in: memory)
    }

    func lockState(in memory: Memory) throws(DecodeError) -> LockState {
        switch lock {
        case .gil(let gil):
            return try gil.lockState(frames.walk, in: memory)
        case .attached(let state):
            var result = LockState()
            for thread in try frames.walk.threads(in: memory)
            where try memory.int32(thread.address + Address(state)) == Self.attached {
                result.holders.append(thread)
            }
            return result
        }
    }

    func stack(of thread: ThreadState, in memory: Memory, into stack: inout [FrameID])
        throws(DecodeError)
    {
        try frames.append(thread, in: memory, to: &stack)
    }
}
