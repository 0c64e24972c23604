import FrameDecoding

/// The names of the words of `_Py_DebugOffsets` behind its first three, in order, by version.
enum DebugOffsetNames {
    /// A version newer than all known ones is tried with the newest names; the checks in
    /// `DebugOffsets` tell whether they fit.
    static func ofVersion(_ version: PythonVersion) -> [String] {
        let groups =
            switch version.minor {
            case ...13: v313
            case 14: v314
            default: v315
            }
        return groups.split(separator: "\n").flatMap { line -> [String] in
            let words = line.split(separator: " ")
            return words.dropFirst().map { "\(words[0]).\($0)" }
        }
    }

    // Each line: a group, then its members. Only as far as pyflame needs them.

    private static let v313 = """
        runtime_state size finalizing interpreters_head
        interpreter_state size id next threads_head gc imports_modules sysdict builtins ceval_gil \
        gil_runtime_state gil_runtime_state_enabled gil_runtime_state_locked gil_runtime_state_holder
        thread_state size prev next interp current_frame thread_id native_thread_id datastack_chunk status
        interpreter_frame size previous executable instr_ptr localsplus owner
        code_object size filename name qualname linetable firstlineno argcount localsplusnames \
        localspluskinds co_code_adaptive
        pyobject size ob_type
        type_object size tp_name tp_repr tp_flags
        tuple_object size ob_item ob_size
        list_object size ob_item ob_size
        dict_object size ma_keys ma_values
        float_object size ob_fval
        long_object size lv_tag ob_digit
        bytes_object size ob_size ob_sval
        unicode_object size state length asciiobject_size
        """

    private static let v314 = """
        runtime_state size finalizing interpreters_head
        interpreter_state size id next threads_head threads_main gc imports_modules sysdict builtins \
        ceval_gil gil_runtime_state gil_runtime_state_enabled gil_runtime_state_locked \
        gil_runtime_state_holder code_object_generation tlbc_generation
        thread_state size prev next interp current_frame thread_id native_thread_id datastack_chunk status
        interpreter_frame size previous executable instr_ptr localsplus owner stackpointer tlbc_index
        code_object size filename name qualname linetable firstlineno argcount localsplusnames \
        localspluskinds co_code_adaptive co_tlbc
        pyobject size ob_type
        type_object size tp_name tp_repr tp_flags
        tuple_object size ob_item ob_size
        list_object size ob_item ob_size
        set_object size used table mask
        dict_object size ma_keys ma_values
        float_object size ob_fval
        long_object size lv_tag ob_digit
        bytes_object size ob_size ob_sval
        unicode_object size state length asciiobject_size
        """

    private static let v315 = """
        runtime_state size finalizing interpreters_head
        interpreter_state size id next threads_head threads_main gc imports_modules sysdict builtins \
        ceval_gil gil_runtime_state gil_runtime_state_enabled gil_runtime_state_locked \
        gil_runtime_state_holder code_object_generation tlbc_generation
        thread_state size prev next interp current_frame base_frame last_profiled_frame \
        last_profiled_frame_seq thread_id native_thread_id datastack_chunk status holds_gil \
        gil_requested current_exception exc_state
        err_stackitem exc_value
        interpreter_frame size previous executable instr_ptr localsplus owner stackpointer tlbc_index
        code_object size filename name qualname linetable firstlineno argcount localsplusnames \
        localspluskinds co_code_adaptive co_tlbc
        pyobject size ob_type
        type_object size tp_name tp_repr tp_flags tp_basicsize tp_dictoffset
        heap_type_object size ht_cached_keys
        tuple_object size ob_item ob_size
        list_object size ob_item ob_size
        set_object size used table mask
        dict_object size ma_keys ma_values
        float_object size ob_fval
        long_object size lv_tag ob_digit
        bytes_object size ob_size ob_sval
        unicode_object size state length asciiobject_size compactunicodeobject_size
        """
}
