import FrameDecoding

/// The table, a row for each version (Include/frameobject.h and cpython/frameobject.h, code.h,
/// pystate.h, internal/pycore_runtime.h and what it includes).
enum Layouts {
    static let row: @Sendable (PythonVersion) -> FrameObjectABI? = { version in
        switch version.minor {
        case 6: v36
        case 7: version.micro < 4 ? v370 : v374
        case 8: v38
        case 9: v39
        case 10: v310
        default: nil
        }
    }

    private static let text = TextReader.pep393(PEP393Layout(asciiSize: 48, compactSize: 72))

    private static func threads(id: Int) -> ThreadLayout {
        ThreadLayout(
            interpreterNext: 0, interpreterThreads: 8, next: 8, interpreter: 16, threadID: id,
            frame: 24)
    }

    private static func code(_ layout: CodeLayout, _ lines: LineTable = .lnotabSigned) -> CodeReader {
        CodeReader(layout: layout, text: text, lines: lines, codeType: nil)
    }

    private static func program(slots: Int, names: Int, modules: Int) -> ProgramLayout {
        ProgramLayout(
            objects: ObjectLayout(dictionaries: .compact, integers: .signedSize(digitBits: 30)),
            variables: VariableLayout(slots: slots, names: names), modules: modules)
    }

    static let v36 = FrameObjectABI(
        threads: threads(id: 152),
        frame: FrameObjectLayout(back: 24, code: 32, lastInstruction: 120, line: 124, trace: 80),
        code: code(CodeLayout(firstLine: 36, fileName: 96, name: 104, lineTable: 112)),
        program: program(slots: 376, names: 64, modules: 16))

    static let v374 = FrameObjectABI(
        threads: threads(id: 176),
        frame: FrameObjectLayout(back: 24, code: 32, lastInstruction: 104, line: 108, trace: 80),
        code: code(CodeLayout(firstLine: 36, fileName: 96, name: 104, lineTable: 112)),
        runtime: RuntimeLayout(interpretersHead: 24, currentThread: 1480, switchNumber: 1288),
        program: program(slots: 360, names: 64, modules: 40))

    /// Up to 3.7.3 `ceval` had no queue of pending calls for the main thread: all behind lies lower.
    static let v370 = FrameObjectABI(
        threads: v374.threads, frame: v374.frame, code: v374.code,
        runtime: RuntimeLayout(interpretersHead: 24, currentThread: 1392, switchNumber: 1200),
        program: v374.program)

    static let v38 = FrameObjectABI(
        threads: threads(id: 176), frame: v374.frame,
        code: code(CodeLayout(firstLine: 40, fileName: 104, name: 112, lineTable: 120)),
        runtime: RuntimeLayout(interpretersHead: 32, currentThread: 1368, switchNumber: 1176),
        program: program(slots: 360, names: 72, modules: 56))

    static let v39 = FrameObjectABI(
        threads: v38.threads, frame: v38.frame, code: v38.code,
        runtime: RuntimeLayout(interpretersHead: 32, currentThread: 568, switchNumber: 376),
        program: program(slots: 360, names: 72, modules: 856))

    static let v310 = FrameObjectABI(
        threads: v38.threads,
        frame: FrameObjectLayout(back: 24, code: 32, lastInstruction: 96, line: 100, trace: 72),
        code: code(
            CodeLayout(firstLine: 40, fileName: 104, name: 112, lineTable: 120), .pep626),
        lineRule: .whenSet,
        runtime: RuntimeLayout(interpretersHead: 32, currentThread: 568, switchNumber: 376),
        program: program(slots: 352, names: 72, modules: 856))
}
