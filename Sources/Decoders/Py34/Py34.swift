import FrameDecoding

/// CPython 3.3 to 3.5: PEP 393 strings, line increments still unsigned, globals still static variables.
public let module = DecoderModule.tables(
    name: "Py34", abis: (3...5).map { ABI(major: 3, minor: $0) },
    symbols: ["interp_head", "_PyThreadState_Current", "gil_switch_number"],
    row: { $0.minor == 3 ? v33 : layout })

/// Thread states have no `prev` yet: all behind lies lower (Include/pystate.h).
let v33 = FrameObjectABI(
    threads: ThreadLayout(
        interpreterNext: 0, interpreterThreads: 8, next: 0, interpreter: 8, threadID: 144, frame: 16),
    frame: layout.frame, code: layout.code,
    program: layout.program.map { program in
        var program = program
        // A `setentry` begins with the hash (Include/setobject.h).
        program.objects.setHashFirst = true
        return program
    })

/// 3.4 and 3.5 agree (Include/frameobject.h, code.h, pystate.h, unicodeobject.h).
let layout = FrameObjectABI(
    threads: ThreadLayout(
        interpreterNext: 0, interpreterThreads: 8, next: 8, interpreter: 16, threadID: 152, frame: 24),
    frame: FrameObjectLayout(back: 24, code: 32, lastInstruction: 120, line: 124, trace: 80),
    code: CodeReader(
        layout: CodeLayout(firstLine: 112, fileName: 96, name: 104, lineTable: 120),
        text: .pep393(PEP393Layout(asciiSize: 48, compactSize: 72)), lines: .lnotabUnsigned,
        codeType: nil),
    program: ProgramLayout(
        objects: ObjectLayout(dictionaries: .keys, integers: .signedSize(digitBits: 30)),
        variables: VariableLayout(slots: 376, names: 64), modules: 16))
