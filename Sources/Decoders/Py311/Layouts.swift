import FrameDecoding

/// The table, a row for each version (Include/cpython/pystate.h, code.h; Include/internal/pycore_frame.h,
/// pycore_interp.h, pycore_gil.h).
enum Layouts {
    static func row(_ version: PythonVersion) -> InterpreterFrameABI? {
        switch (version.major, version.minor) {
        case (3, 11): v311
        case (3, 12): v312
        default: nil
        }
    }

    static let v311 = InterpreterFrameABI(
        threads: ThreadLayout(
            interpreterNext: 0, interpreterThreads: 16, next: 8, interpreter: 16, threadID: 152,
            nativeThreadID: 160, frame: 56),
        frame: InterpreterFrameLayout(
            code: 32, previous: 48, instruction: 56, owner: 69, isEntry: 68,
            frameObject: 40),
        code: CodeReader(
            layout: CodeLayout(
                firstLine: 72, fileName: 112, name: 128, lineTable: 136, bytecode: 184,
                firstTraceable: 168),
            text: .pep393(PEP393Layout(asciiSize: 48, compactSize: 72)), lines: .pep657,
            codeType: nil),
        lock: .runtime(RuntimeLayout(interpretersHead: 40, currentThread: 576, switchNumber: 384)),
        interpretersHead: 40, currentFrame: 8,
        program: ProgramLayout(
            objects: ObjectLayout(
                dictionaries: .unicodeKeys(valuesHead: 0), integers: .signedSize(digitBits: 30),
                attributes: .separateWords(cachedKeys: 872)),
            variables: VariableLayout(slots: 72, names: 96, kinds: 104), modules: 888))

    static let v312 = InterpreterFrameABI(
        threads: ThreadLayout(
            interpreterNext: 0, interpreterThreads: 72, next: 8, interpreter: 16, threadID: 136,
            nativeThreadID: 144, frame: 56),
        frame: InterpreterFrameLayout(
            code: 0, previous: 8, instruction: 56, owner: 70, frameObject: 48),
        code: CodeReader(
            layout: CodeLayout(
                firstLine: 68, fileName: 112, name: 128, lineTable: 136, version: 92,
                bytecode: 192, firstTraceable: 176),
            text: .pep393(PEP393Layout(asciiSize: 40, compactSize: 56)), lines: .pep657,
            codeType: nil),
        // `_status.active`: set once the GIL is taken, cleared before it is let go.
        lock: .interpreters(GILReader(pointer: 384, holding: 24, holdingMask: 1 << 4)),
        interpretersHead: 40, currentFrame: 0,
        program: ProgramLayout(
            objects: ObjectLayout(
                dictionaries: .unicodeKeys(valuesHead: 0), integers: .tagged,
                attributes: .oneWord(cachedKeys: 880)),
            variables: VariableLayout(slots: 72, names: 96, kinds: 104), modules: 944))
}
