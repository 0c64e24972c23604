import FrameDecoding
import TargetMemory

/// `_Py_DebugOffsets` at the head of `_PyRuntime`: the interpreter's own account of its layout, made
/// for readers like this one (Include/internal/pycore_debug_offsets.h, in 3.13 pycore_runtime.h).
/// A cookie, the version, whether the build is free-threaded, then 64-bit offsets in groups, whose
/// members differ from one minor version to the next.
struct DebugOffsets {
    let version: PythonVersion
    let isFreeThreaded: Bool
    private let values: [String: Int]

    /// The cookie "xdebugpy" as a little-endian word.
    private static let cookie: UInt64 = 0x7970_6775_6265_6478
    /// Larger offsets than this cannot be (a runtime state has some hundred kilobytes).
    private static let largest: UInt64 = 1 << 24

    /// Reads the offsets at `runtime`. Throws when there are none, or none that make sense.
    init(at runtime: Address, in memory: Memory) throws {
        let head: MemoryView
        do {
            head = try memory.view(runtime, 24)
        } catch {
            throw LayoutUnavailable("_Py_DebugOffsets: \(error.explanation)")
        }
        guard head.word(0) == Self.cookie else {
            throw LayoutUnavailable("_PyRuntime does not begin with _Py_DebugOffsets (no cookie)")
        }
        guard let version = PythonVersion(hex: head.word(8)) else {
            throw LayoutUnavailable("_Py_DebugOffsets has the impossible version \(head.word(8))")
        }
        self.version = version
        isFreeThreaded = head.word(16) != 0

        let names = DebugOffsetNames.ofVersion(version)
        let body: MemoryView
        do {
            body = try memory.view(runtime &+ 24, names.count * 8)
        } catch {
            throw LayoutUnavailable("_Py_DebugOffsets: \(error.explanation)")
        }
        var values: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            let value = body.word(index * 8)
            guard value < Self.largest else {
                throw LayoutUnavailable("_Py_DebugOffsets \(version) says \(name) is at \(value)")
            }
            values[name] = Int(value)
        }
        self.values = values
        try check()
    }

    /// The offset (or, for `.size`, the size) called `group.member`; nil when this version has none.
    subscript(name: String) -> Int? { values[name] }

    /// The offset called `name`, which this version must have.
    func required(_ name: String) throws -> Int {
        guard let value = values[name] else {
            throw LayoutUnavailable("_Py_DebugOffsets \(version) has no \(name)")
        }
        return value
    }

    /// Every member has to lie inside its struct: so a table of another version is found out.
    private func check() throws {
        for group in ["thread_state", "interpreter_frame", "code_object", "unicode_object"] {
            let size = try required("\(group).size")
            for (name, value) in values
            where name.hasPrefix(group + ".") && name != "code_object.co_tlbc" && value > size {
                throw LayoutUnavailable(
                    "_Py_DebugOffsets \(version) says \(name) is at \(value) of \(size) bytes")
            }
        }
    }
}
