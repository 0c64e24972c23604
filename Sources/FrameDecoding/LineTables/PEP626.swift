/// `co_linetable` of CPython 3.10 (Objects/lnotab_notes.txt there): pairs of the length of a range of
/// bytecode and a signed line increment; -128 means that the range has no line.
public enum PEP626 {
    /// The line of the instruction at `offset` (bytes); nil where there is none.
    public static func line(
        _ table: UnsafeRawBufferPointer, firstLine: Int, offset: Int
    ) -> Int? {
        // An instruction that has not begun yet counts as the definition (PyCode_Addr2Line).
        guard offset >= 0 else { return firstLine }
        var line = firstLine
        var end = 0
        var index = 0
        while index + 1 < table.count {
            end += Int(table[index])
            let delta = Int8(bitPattern: table[index + 1])
            if delta != -128 { line &+= Int(delta) }
            if offset < end { return delta == -128 ? nil : line }
            index += 2
        }
        return nil
    }
}
