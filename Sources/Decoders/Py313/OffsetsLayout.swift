import FrameDecoding

extension InterpreterFrameABI {
    /// From the interpreter's own account. Members that it does not name stand at a fixed distance
    /// from ones that it does (Include/cpython/code.h, pystate.h, pycore_interpframe_structs.h).
    init(_ offsets: DebugOffsets) throws {
        let threads = ThreadLayout(
            interpreterNext: try offsets.required("interpreter_state.next"),
            interpreterThreads: try offsets.required("interpreter_state.threads_head"),
            next: try offsets.required("thread_state.next"),
            interpreter: try offsets.required("thread_state.interp"),
            threadID: try offsets.required("thread_state.thread_id"),
            nativeThreadID: try offsets.required("thread_state.native_thread_id"),
            frame: try offsets.required("thread_state.current_frame"))

        let freeThreaded = offsets.isFreeThreaded
        let head = try offsets.required("pyobject.size")
        let instruction = try offsets.required("interpreter_frame.instr_ptr")
        let frameObject = try Self.place(instruction - 8, of: "frame_obj")
        let hasCopies = freeThreaded && offsets["code_object.co_tlbc"] != nil
        let frame = InterpreterFrameLayout(
            code: try offsets.required("interpreter_frame.executable"),
            previous: try offsets.required("interpreter_frame.previous"),
            instruction: instruction,
            owner: try offsets.required("interpreter_frame.owner"),
            frameObject: frameObject,
            frameObjectLine: head + 24,
            bytecodeIndex: hasCopies
                ? try offsets.required("interpreter_frame.tlbc_index") : absent)
        let threadBytecodes = hasCopies ? try offsets.required("code_object.co_tlbc") : absent

        let bytecode = try offsets.required("code_object.co_code_adaptive")
        let firstLine = try offsets.required("code_object.firstlineno")
        let asciiSize = try offsets.required("unicode_object.asciiobject_size")
        let bytesSize = try offsets.required("bytes_object.ob_size")
        let code = CodeReader(
            layout: CodeLayout(
                type: try offsets.required("pyobject.ob_type"),
                firstLine: firstLine,
                fileName: try offsets.required("code_object.filename"),
                name: try offsets.required("code_object.qualname"),
                lineTable: try offsets.required("code_object.linetable"),
                version: firstLine + 24,
                bytecode: bytecode,
                // `_co_firsttraceable` and `co_extra` come right before the bytecode (and `co_tlbc`).
                firstTraceable: try Self.place(
                    (hasCopies ? threadBytecodes : bytecode) - 16, of: "_co_firsttraceable")),
            text: .pep393(
                PEP393Layout(
                    length: try offsets.required("unicode_object.length"),
                    state: try offsets.required("unicode_object.state"),
                    asciiSize: asciiSize,
                    // `utf8_length` and `utf8` follow.
                    compactSize: offsets["unicode_object.compactunicodeobject_size"]
                        ?? asciiSize + 16,
                    // Free-threaded builds give `interned` a whole byte.
                    kindBit: freeThreaded ? 8 : 2, compactBit: freeThreaded ? 11 : 5,
                    asciiBit: freeThreaded ? 12 : 6)),
            lines: .pep657,
            bytesSize: bytesSize,
            bytesData: bytesSize
                + (try Self.place(try offsets.required("bytes_object.ob_sval") - bytesSize, of: "ob_sval")),
            codeType: nil)

        self.init(
            threads: threads, frame: frame, code: code, lock: try Self.lock(offsets),
            interpretersHead: try offsets.required("runtime_state.interpreters_head"),
            threadBytecodes: threadBytecodes, codeGeneration: Self.codeGeneration(offsets), program: try Self.program(offsets))
    }

    /// Keys of an instance's attributes follow the slots of a class (PyHeapTypeObject); an instance's
    /// dict is before the object, in free-threaded builds without words for the collector between.
    private static func program(_ offsets: DebugOffsets) throws -> ProgramLayout {
        let objects = ObjectLayout(
            head: try offsets.required("pyobject.size"),
            type: try offsets.required("pyobject.ob_type"),
            dictionaries: .unicodeKeys(valuesHead: 8), integers: .tagged,
            attributes: .inline(
                word: offsets.isFreeThreaded ? -8 : -24,
                cachedKeys: try offsets["heap_type_object.ht_cached_keys"]
                    ?? offsets.required("type_object.size") + 464),
            tupleItems: try offsets.required("tuple_object.ob_item"))
        return ProgramLayout(
            objects: objects,
            variables: VariableLayout(
                slots: try offsets.required("interpreter_frame.localsplus"),
                names: try offsets.required("code_object.localsplusnames"),
                kinds: try offsets.required("code_object.localspluskinds")),
            modules: try offsets.required("interpreter_state.imports_modules"))
    }

    /// 3.13 does not say where its count is. It stands where it does in the builds whose PyInterpreterState has the same
    /// size: 3.13.0, 3.13.5 and its debug build, whose words were watched while code objects were made.
    private static func codeGeneration(_ offsets: DebugOffsets) -> CodeGeneration? {
        if let offset = offsets["interpreter_state.code_object_generation"] {
            return CodeGeneration(offset: offset, kind: .ends)
        }
        let places = [194_968: 17_000, 194_976: 17_000, 194_992: 17_016]
        return offsets["interpreter_state.size"].flatMap { places[$0] }
            .map { CodeGeneration(offset: $0, kind: .versions) }
    }

    /// `offset`, which was worked out from others and so may lie before the beginning of its struct.
    private static func place(_ offset: Int, of member: String) throws -> Int {
        guard offset >= 0 else {
            throw LayoutUnavailable("_Py_DebugOffsets would have \(member) at \(offset)")
        }
        return offset
    }

    private static func lock(_ offsets: DebugOffsets) throws -> Lock {
        let status = try offsets.required("thread_state.status")
        if offsets.isFreeThreaded {
            // `_status`, (`holds_gil` from 3.14, `gil_requested` from 3.15), `_whence`, `state`.
            return .attached(state: status + 4 * (min(offsets.version.minor, 15) - 11))
        }
        let gil = try offsets.required("interpreter_state.gil_runtime_state")
        let locked = try place(
            try offsets.required("interpreter_state.gil_runtime_state_locked") - gil, of: "locked")
        let holder = try place(
            try offsets.required("interpreter_state.gil_runtime_state_holder") - gil, of: "last_holder")
        return .interpreters(
            GILReader(
                pointer: try offsets.required("interpreter_state.ceval_gil"),
                lastHolder: holder,
                locked: locked,
                switchNumber: locked + 8,
                // 3.13: the bit `_status.holds_gil`; from 3.14 on an int of its own, behind `_status`.
                holding: offsets["thread_state.holds_gil"]
                    ?? (offsets.version.minor == 13 ? status : status + 4),
                holdingMask: offsets.version.minor == 13 ? 1 << 5 : .max))
    }
}
