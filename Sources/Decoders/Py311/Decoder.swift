import FrameDecoding
import TargetMemory

/// Reads a CPython 3.11 or 3.12.
final class Decoder: FrameDecoder {
    let layoutOrigin: String
    private let frames: InterpreterFrames
    private let lock: Lock

    private enum Lock {
        case global(GlobalRoots)
        case interpreters(GILReader)
    }

    init(
        site: any InterpreterSite, layout: Layout, origin: String, frames table: FrameTable
    ) throws {
        guard let runtime = site.address(of: "_PyRuntime") else {
            throw LayoutUnavailable("no symbol _PyRuntime and no section .PyRuntime")
        }
        var code = layout.code
        code.codeType = site.address(of: "PyCode_Type")
        frames = InterpreterFrames(
            walk: ThreadWalk(
                layout: layout.threads,
                interpretersHead: runtime + Address(layout.interpretersHead)),
            frames: InterpreterFrameWalk(
                layout: layout.frame, codes: CodeCache(reader: code, frames: table)),
            currentFrame: layout.currentFrame)
        lock =
            switch layout.lock {
            case .runtime(let places): .global(try GlobalRoots(site: site, runtime: places))
            case .interpreters(let gil): .interpreters(gil)
            }
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
        case .global(let roots): try roots.lockState(frames.walk, in: memory)
        case .interpreters(let gil): try gil.lockState(frames.walk, in: memory)
        }
    }

    func stack(of thread: ThreadState, in memory: Memory, into stack: inout [FrameID])
        throws(DecodeError)
    {
        try frames.append(thread, in: memory, to: &stack)
    }
}
