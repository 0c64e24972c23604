import FrameDecoding

/// CPython 3.13 and later: the layout comes from `_Py_DebugOffsets`, release and debug builds,
/// free-threaded or not.
public let module = DecoderModule(
    name: "Py313", abis: (13...15).map { ABI(major: 3, minor: $0) },
    symbols: ["_PyRuntime", "PyCode_Type"]
) { site, memory, frames in
    guard site.version.major == 3, site.version.minor >= 13 else { return .notMine }
    guard let runtime = site.address(of: "_PyRuntime") else {
        return .unsupported("no symbol _PyRuntime and no section .PyRuntime")
    }
    let origin = "_Py_DebugOffsets"
    return .reads([
        .row(.offsets, origin, site, frames) {
            let offsets = try DebugOffsets(at: runtime, in: memory)
            guard offsets.version.abi == site.version.abi else {
                throw LayoutUnavailable(
                    "_Py_DebugOffsets is of \(offsets.version), not of \(site.version.abi.dotted)")
            }
            return (try InterpreterFrameABI(offsets), "\(origin) \(offsets.version)")
        },
        .dwarf(site, frames) {
            // A version newer than this pyflame may give another account of itself: DWARF does without.
            (try? InterpreterFrameABI(DebugOffsets(at: runtime, in: memory))) ?? newest
        },
    ])
}

/// What the newest version has, with a GIL; where it is, only DWARF tells: all offsets here are replaced.
private let newest = InterpreterFrameABI(
    threads: ThreadLayout(
        interpreterNext: 0, interpreterThreads: 0, next: 0, interpreter: 0, threadID: 0, nativeThreadID: 0,
        frame: 0),
    frame: InterpreterFrameLayout(code: 0, previous: 0, instruction: 0, owner: 0, frameObject: 0),
    code: CodeReader(
        layout: CodeLayout(
            firstLine: 0, fileName: 0, name: 0, lineTable: 0, version: 0, bytecode: 0, firstTraceable: 0),
        text: .pep393(PEP393Layout(asciiSize: 0, compactSize: 0)), lines: .pep657, codeType: nil),
    lock: .interpreters(GILReader(pointer: 0, holding: 0, holdingMask: .max)), interpretersHead: 0)
