import FrameDecoding

/// CPython 2.6 and 2.7: `str` is bytes, line increments are unsigned, globals are static variables.
public let module = DecoderModule.tables(
    name: "Py26", abis: [ABI(major: 2, minor: 6), ABI(major: 2, minor: 7)],
    symbols: ["interp_head", "_PyThreadState_Current", "PyUnicodeUCS2_Format"],
    row: { version in
        var row = layout
        if version.minor == 6 { row.program?.objects.integers = .signedSize(digitBits: 15) }
        return row
    })

/// Both versions agree (Include/frameobject.h, code.h, pystate.h, stringobject.h), but for the digits of
/// long integers (Include/longintrepr.h).
let layout = FrameObjectABI(
    threads: ThreadLayout(
        interpreterNext: 0, interpreterThreads: 8, next: 0, interpreter: 8, threadID: 144, frame: 16),
    frame: FrameObjectLayout(back: 24, code: 32, lastInstruction: 120, line: 124, trace: 80),
    code: CodeReader(
        layout: CodeLayout(firstLine: 96, fileName: 80, name: 88, lineTable: 104),
        text: .byteString(size: 16, data: 36), lines: .lnotabUnsigned,
        bytesSize: 16, bytesData: 36, codeType: nil),
    program: ProgramLayout(
        objects: ObjectLayout(
            dictionaries: .table, integers: .signedSize(digitBits: 30), setHashFirst: true,
            isPython2: true),
        variables: VariableLayout(slots: 376, names: 56), modules: 16))
