import FrameDecoding
import TargetMemory
import TestSupport

@testable import Py26
@testable import Py311

/// A Python made up in fake memory: one interpreter, one thread, and a stack of frames.
protocol FakePython: AnyObject {
    var source: FakeSource { get }
    var decoder: any FrameDecoder { get }
    /// Where the decoder puts what it finds.
    var table: FrameTable { get }
    /// Leaf first.
    var frames: [Address] { get }
    var codes: [Address] { get }
    /// Gives the code object another name, at an address of its own.
    func rename(_ code: Address, _ name: String)
    /// Makes `frame` be called by `caller`.
    func link(_ frame: Address, to caller: Address)
    func setCode(_ frame: Address, to code: Address)
    /// Changes the thread list: the thread is followed by itself.
    func loopThreads()
}

/// Hands out addresses, spread over pages as on a heap.
struct Heap {
    let source: FakeSource
    private var next: Address = 0x100000

    init(_ source: FakeSource) {
        self.source = source
        source.map(0x10000, pages: 16)
        source.map(0x100000, pages: 400)
    }

    mutating func allocate(_ size: Int, apart: Address = 0) -> Address {
        let place = next
        next += (Address(size) + 31) & ~15 + apart
        return place
    }
}

/// Python 2.7: frame objects, byte strings.
final class FakePython27: FakePython {
    let source = FakeSource()
    let decoder: any FrameDecoder
    let table = FrameTable()
    private(set) var frames: [Address] = []
    private(set) var codes: [Address] = []
    private let thread: Address
    private var heap: Heap
    private let abi = Py26.layout

    init(depth: Int) throws {
        heap = Heap(source)
        let interpreter = heap.allocate(64)
        thread = heap.allocate(256)
        decoder = try FrameObjectDecoder(
            site: FakeSite(
                PythonVersion(2, 7, 18), symbols: ["interp_head": 0x10000, "_PyThreadState_Current": 0x10008]),
            abi: abi, origin: "table", frames: table)
        source.write(interpreter, at: 0x10000)
        source.write(thread, at: interpreter + Address(abi.threads.interpreterThreads))
        source.write(interpreter, at: thread + Address(abi.threads.interpreter))
        source.write(UInt64(77), at: thread + Address(abi.threads.threadID))
        for level in 0..<depth {
            let code = heap.allocate(128, apart: 900)
            source.write(UInt32(100 * level), at: code + Address(abi.code.layout.firstLine))
            source.write(text("file.py"), at: code + Address(abi.code.layout.fileName))
            source.write(text("f\(level)"), at: code + Address(abi.code.layout.name))
            source.write(bytes([4, 1, 4, 1]), at: code + Address(abi.code.layout.lineTable))
            let frame = heap.allocate(400, apart: 2000)
            source.write(code, at: frame + Address(abi.frame.code))
            source.write(UInt32(5), at: frame + Address(abi.frame.lastInstruction))
            codes.append(code)
            frames.append(frame)
        }
        for level in frames.indices.dropLast() { link(frames[level], to: frames[level + 1]) }
        source.write(frames.first ?? 0, at: thread + Address(abi.threads.frame))
    }

    private func bytes(_ content: [UInt8]) -> Address {
        let object = heap.allocate(37 + content.count)
        source.write(UInt64(content.count), at: object + 16)
        source.write(content, at: object + 36)
        return object
    }
    private func text(_ text: String) -> Address { bytes(Array(text.utf8)) }

    func rename(_ code: Address, _ name: String) {
        source.write(text(name), at: code + Address(abi.code.layout.name))
    }
    func link(_ frame: Address, to caller: Address) {
        source.write(caller, at: frame + Address(abi.frame.back))
    }
    func setCode(_ frame: Address, to code: Address) {
        source.write(code, at: frame + Address(abi.frame.code))
    }
    func loopThreads() { source.write(thread, at: thread + Address(abi.threads.next)) }
}

/// Python 3.11: frames in a data stack, PEP 393 strings, location tables.
final class FakePython311: FakePython {
    let source = FakeSource()
    let decoder: any FrameDecoder
    let table = FrameTable()
    private(set) var frames: [Address] = []
    private(set) var codes: [Address] = []
    private let thread: Address
    private var heap: Heap
    private let layout: InterpreterFrameABI
    let interpreter: Address

    /// - Parameter generation: 3.11 has none; a later version's.
    init(depth: Int, generation: CodeGeneration? = nil) throws {
        var layout = Py311.Layouts.v311
        layout.codeGeneration = generation
        if generation?.kind == .versions { layout.code.layout.version = Self.versionPlace }
        self.layout = layout
        heap = Heap(source)
        interpreter = heap.allocate(64)
        thread = heap.allocate(256)
        let cframe = heap.allocate(32)
        decoder = try InterpreterFrameDecoder(
            site: FakeSite(PythonVersion(3, 11, 7), symbols: ["_PyRuntime": 0x11000]),
            abi: layout, origin: "table", frames: table)
        source.write(interpreter, at: 0x11000 + Address(layout.interpretersHead))
        source.write(thread, at: interpreter + Address(layout.threads.interpreterThreads))
        source.write(interpreter, at: thread + Address(layout.threads.interpreter))
        source.write(UInt64(77), at: thread + Address(layout.threads.threadID))
        source.write(cframe, at: thread + Address(layout.threads.frame))
        for level in 0..<depth {
            let code = heap.allocate(256, apart: 900)
            let fields = layout.code.layout
            source.write(UInt32(100 * level), at: code + Address(fields.firstLine))
            source.write(text("file.py"), at: code + Address(fields.fileName))
            source.write(text("f\(level)"), at: code + Address(fields.name))
            // Four units on the first line, four on the next.
            source.write(bytes([0xd3, 0, 0, 0xdb, 0, 0]), at: code + Address(fields.lineTable))
            codes.append(code)
        }
        // One chunk of the data stack, root first.
        let chunk = heap.allocate(depth * 128)
        frames = (0..<depth).map { chunk + Address(depth - 1 - $0) * 128 }
        for (frame, code) in zip(frames, codes) {
            source.write(code + Address(layout.code.layout.bytecode) + 10, at: frame + Address(layout.frame.instruction))
            source.write(code, at: frame + Address(layout.frame.code))
        }
        if let root = frames.last { source.write(UInt8(1), at: root + Address(layout.frame.isEntry)) }
        for level in frames.indices.dropLast() { link(frames[level], to: frames[level + 1]) }
        source.write(frames.first ?? 0, at: cframe + Address(layout.currentFrame))
    }

    /// Where no other member is that is read.
    static let versionPlace = 92

    private func bytes(_ content: [UInt8]) -> Address {
        let object = heap.allocate(33 + content.count)
        source.write(UInt64(content.count), at: object + 16)
        source.write(content, at: object + 32)
        return object
    }
    private func text(_ text: String) -> Address {
        let object = heap.allocate(49 + text.utf8.count)
        source.write(UInt64(text.utf8.count), at: object + 16)
        source.write(UInt32(1 << 2 | 1 << 5 | 1 << 6), at: object + 32)
        source.write(Array(text.utf8), at: object + 48)
        return object
    }

    func rename(_ code: Address, _ name: String) {
        source.write(text(name), at: code + Address(layout.code.layout.name))
    }
    func link(_ frame: Address, to caller: Address) {
        source.write(caller, at: frame + Address(layout.frame.previous))
    }
    func setCode(_ frame: Address, to code: Address) {
        source.write(code, at: frame + Address(layout.frame.code))
    }
    func loopThreads() { source.write(thread, at: thread + Address(layout.threads.next)) }
}
