/// Where `interp_head` is in files without a static symbol table (CPython before 3.7).
///
/// The exported `PyInterpreterState_Head` does nothing but return that variable:
/// `mov disp32(%rip),%rax; ret`. The operand is read, nothing is run.
enum HeadOperand {
    /// The address in the file that the code at `function` loads; nil when the code looks different.
    static func address(_ code: [UInt8], at function: UInt64, machine: UInt16) -> UInt64? {
        guard machine == ElfHeader.x86_64 else { return nil }
        var at = 0
        func skip(_ bytes: [UInt8]) {
            if code[at...].starts(with: bytes) { at += bytes.count }
        }
        guard code.count >= 8 else { return nil }
        skip([0xf3, 0x0f, 0x1e, 0xfa])  // endbr64
        skip([0x55, 0x48, 0x89, 0xe5])  // push %rbp; mov %rsp,%rbp (not optimized)
        // Builds with instrumentation have something in between, but not much.
        while at + 7 <= min(code.count, 24) {
            if code[at...].starts(with: [0x48, 0x8b, 0x05]), let operand: Int32 = code.load(at + 3) {
                return function &+ UInt64(at + 7) &+ UInt64(bitPattern: Int64(operand))
            }
            at += 1
        }
        return nil
    }
}
