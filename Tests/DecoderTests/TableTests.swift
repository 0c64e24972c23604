import FrameDecoding
import TargetMemory
import Testing

@testable import Py26
@testable import Py311
@testable import Py313
@testable import Py34
@testable import Py36

/// Every offset of every table against a real build's.
struct TableTests {
    private static let frameObjectRows: [(String, FrameObjectABI)] = [
        ("2.6.9", Py26.layout), ("2.7.18", Py26.layout), ("3.4.10", Py34.layout), ("3.5.10", Py34.layout),
    ]
    private static let py36 = ["3.6.15", "3.7.16", "3.8.18", "3.9.18", "3.10.13"]

    @Test(arguments: ["2.6.9", "2.7.18", "3.4.10", "3.5.10"] + py36)
    func frameObjects(_ version: String) throws {
        let reference = try Reference.load(version)
        let row = try #require(
            Self.frameObjectRows.first { $0.0 == version }?.1
                ?? Py36.Layouts.row(PythonVersion(prefixOf: version)!))
        #expect(row.threads.interpreterNext == reference.offset("interp.next"))
        #expect(row.threads.interpreterThreads == reference.offset("interp.tstate_head"))
        #expect(row.threads.next == reference.offset("tstate.next"))
        #expect(row.threads.interpreter == reference.offset("tstate.interp"))
        #expect(row.threads.threadID == reference.offset("tstate.thread_id"))
        #expect(row.threads.frame == reference.offset("tstate.frame"))
        #expect(row.frame.back == reference.offset("frame.f_back"))
        #expect(row.frame.code == reference.offset("frame.f_code"))
        #expect(row.frame.lastInstruction == reference.offset("frame.f_lasti"))
        #expect(row.frame.line == reference.offset("frame.f_lineno"))
        #expect(row.frame.trace == reference.offset("frame.f_trace"))
        expectCode(row.code, reference)
        #expect((row.runtime != nil) == (reference.offsets["runtime.interpreters_head"] != nil))
        if let runtime = row.runtime {
            #expect(runtime.interpretersHead == reference.offset("runtime.interpreters_head"))
            #expect(runtime.currentThread == reference.offset("runtime.tstate_current"))
            #expect(runtime.switchNumber == reference.offset("runtime.gil_switch_number"))
        }
    }

    @Test(arguments: ["3.11.7", "3.12.1"])
    func py311(_ version: String) throws {
        let reference = try Reference.load(version)
        let row = try #require(Py311.Layouts.row(PythonVersion(prefixOf: version)!))
        expectThreads(row.threads, reference, frame: "tstate.cframe")
        expectFrame(row.frame, reference)
        expectCode(row.code, reference)
        #expect(row.currentFrame == reference.offset("cframe.current_frame"))
        #expect(row.interpretersHead == reference.offset("runtime.interpreters_head"))
        switch row.lock {
        case .runtime(let runtime):
            #expect(runtime.currentThread == reference.offset("runtime.tstate_current"))
            #expect(runtime.switchNumber == reference.offset("runtime.gil_switch_number"))
        case .interpreters(let gil):
            expectGIL(gil, reference)
            #expect(gil.holding == reference.offset("tstate.status"))
            #expect(reference.offsets["tstate.status_active"]?.bit.map { 1 << $0 } == gil.holdingMask)
        case .attached: Issue.record("not a free-threaded version")
        }
    }

    /// What the interpreter says of itself, read as pyflame reads it.
    @Test(arguments: ["3.13.0", "3.14.8", "3.15.0", "3.14.8-pydebug", "3.15.0-pydebug"])
    func py313(_ name: String) throws {
        let reference = try Reference.load(name)
        let version = try #require(PythonVersion(prefixOf: reference.version))
        let offsets = try DebugOffsets(at: ForgedRuntime.address, in: ForgedRuntime(version, reference).memory)
        let layout = try InterpreterFrameABI(offsets)
        expectThreads(layout.threads, reference, frame: "tstate.current_frame")
        expectFrame(layout.frame, reference)
        expectCode(layout.code, reference)
        #expect(layout.interpretersHead == reference.offset("runtime.interpreters_head"))
        guard case .interpreters(let gil) = layout.lock else {
            Issue.record("not a build with a GIL")
            return
        }
        expectGIL(gil, reference)
        #expect(gil.holding == reference.offset("tstate.holds_gil", "tstate.status"))
        // A bit in 3.13, an int of its own later.
        let mask = reference.offsets["tstate.status_holds_gil"]?.bit.map { UInt32(1) << UInt32($0) }
        #expect(gil.holdingMask == mask ?? UInt32.max)
    }

    @Test func forgedOffsetsAreRefused() throws {
        let reference = try Reference.load("3.13.0")
        func refuses(_ change: (inout ForgedRuntime) -> Void) {
            var runtime = ForgedRuntime(PythonVersion(3, 13, 0), reference)
            change(&runtime)
            #expect(throws: LayoutUnavailable.self) {
                try DebugOffsets(at: ForgedRuntime.address, in: runtime.memory)
            }
        }
        refuses { $0.words[0] ^= 1 }
        refuses { $0.words[1] = 0 }
        refuses { $0.words[6] = .max }
        refuses { $0.words.removeLast(20) }
        // The names of another version do not fit.
        refuses { $0.words[1] = 0x030e_00f0 }
    }

    private func expectThreads(_ layout: ThreadLayout, _ reference: Reference, frame: String) {
        #expect(layout.interpreterNext == reference.offset("interp.next"))
        #expect(layout.interpreterThreads == reference.offset("interp.tstate_head"))
        #expect(layout.next == reference.offset("tstate.next"))
        #expect(layout.interpreter == reference.offset("tstate.interp"))
        #expect(layout.threadID == reference.offset("tstate.thread_id"))
        #expect(layout.nativeThreadID == reference.offset("tstate.native_thread_id"))
        #expect(layout.frame == reference.offset(frame))
    }

    private func expectFrame(_ layout: InterpreterFrameLayout, _ reference: Reference) {
        #expect(layout.code == reference.offset("iframe.f_code"))
        #expect(layout.previous == reference.offset("iframe.previous"))
        #expect(layout.instruction == reference.offset("iframe.prev_instr"))
        #expect(layout.owner == reference.offset("iframe.owner"))
        #expect(layout.frameObject == reference.offset("iframe.frame_obj"))
        #expect(layout.frameObjectLine == reference.offset("frame.f_lineno"))
        if layout.isEntry != absent { #expect(layout.isEntry == reference.offset("iframe.is_entry")) }
    }

    private func expectCode(_ code: CodeReader, _ reference: Reference) {
        #expect(code.layout.type == reference.offset("object.ob_type"))
        #expect(code.layout.firstLine == reference.offset("code.firstlineno"))
        #expect(code.layout.fileName == reference.offset("code.filename"))
        #expect(code.layout.name == reference.offset("code.qualname", "code.name"))
        #expect(code.layout.lineTable == reference.offset("code.linetable", "code.lnotab"))
        if code.layout.version != absent { #expect(code.layout.version == reference.offset("code.version")) }
        if code.layout.bytecode != absent {
            #expect(code.layout.bytecode == reference.offset("code.code_adaptive"))
        }
        #expect(code.bytesSize == reference.offset("bytes.ob_size", "str2.ob_size"))
        #expect(code.bytesData == reference.offset("bytes.ob_sval", "str2.ob_sval"))
        switch code.text {
        case .byteString(let size, let data):
            #expect(size == reference.offset("str2.ob_size"))
            #expect(data == reference.offset("str2.ob_sval"))
        case .pep393(let text):
            #expect(text.length == reference.offset("ascii.length"))
            #expect(text.state == reference.offset("ascii.state"))
            #expect(text.asciiSize == reference.sizes["ascii"])
            #expect(text.compactSize == reference.sizes["compact"])
            #expect(text.kindBit == reference.offsets["ascii.state_kind"]?.bit)
            #expect(text.compactBit == reference.offsets["ascii.state_compact"]?.bit)
            #expect(text.asciiBit == reference.offsets["ascii.state_ascii"]?.bit)
        }
    }

    private func expectGIL(_ gil: GILReader, _ reference: Reference) {
        #expect(gil.pointer == reference.offset("interp.gil_ptr"))
        #expect(gil.lastHolder == reference.offset("gil.last_holder"))
        #expect(gil.locked == reference.offset("gil.locked"))
        #expect(gil.switchNumber == reference.offset("gil.switch_number"))
    }
}

/// A `_PyRuntime` that begins with the debug offsets of a real build.
struct ForgedRuntime {
    static let address: Address = 0x40000
    var words: [UInt64]

    init(_ version: PythonVersion, _ reference: Reference) {
        let hex = UInt64(version.major << 24 | version.minor << 16 | version.micro << 8 | 0xf0)
        words = [0x7970_6775_6265_6478, hex, 0]
        words += DebugOffsetNames.ofVersion(version).map { reference.debugOffsets?[$0]?.number ?? 0 }
    }

    var memory: Memory {
        let memory = Memory(source: Words(words))
        memory.refresh()
        return memory
    }

    private final class Words: MemorySource {
        let bytes: [UInt8]
        var systemCalls = 0
        init(_ words: [UInt64]) { bytes = words.withUnsafeBytes { Array($0) } }
        func read(_ ranges: UnsafeBufferPointer<AddressRange>, into buffer: UnsafeMutableRawPointer) -> Int {
            var copied = 0
            for range in ranges {
                for offset in 0..<range.count {
                    let index = Int(range.start) - Int(ForgedRuntime.address) + offset
                    guard bytes.indices.contains(index) else { return copied }
                    buffer.storeBytes(of: bytes[index], toByteOffset: copied, as: UInt8.self)
                    copied += 1
                }
            }
            return copied
        }
    }
}
