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
        .dwarf(site, frames) { try InterpreterFrameABI(DebugOffsets(at: runtime, in: memory)) },
    ])
}
