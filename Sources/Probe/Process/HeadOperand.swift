import Machine

/// Where `interp_head` is in files without a static symbol table (CPython before 3.7).
///
/// The exported `PyInterpreterState_Head` does nothing but return that variable. Its code is read, nothing is run.
enum HeadOperand {
    /// The address in the file that the code at `function` loads; nil when the code looks different.
    static func address(_ code: [UInt8], at function: UInt64, machine: UInt16) -> UInt64? {
        architecture(ofElf: machine)?.variable(returnedBy: code, at: function)
    }
}
