import FrameDecoding

/// CPython 3.6 to 3.10: signed line increments, and from 3.7 on the globals in `_PyRuntime`.
public let module = DecoderModule.tables(
    name: "Py36", abis: (6...10).map { ABI(major: 3, minor: $0) },
    symbols: ["interp_head", "_PyThreadState_Current", "gil_switch_number", "_PyRuntime"],
    row: { Layouts.row($0) })
