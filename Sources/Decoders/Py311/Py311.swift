import FrameDecoding

/// CPython 3.11 and 3.12: frames in the data stack, found through `_PyCFrame`.
public let module = DecoderModule.tables(
    name: "Py311", abis: [ABI(major: 3, minor: 11), ABI(major: 3, minor: 12)],
    symbols: ["_PyRuntime"],
    row: { Layouts.row($0) })
