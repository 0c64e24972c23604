/// `co_lnotab`: pairs of an address increment and a line increment, up to CPython 3.9
/// (Objects/lnotab_notes.txt). Line increments are unsigned up to 3.5, signed from 3.6 on.
public enum Lnotab {
    /// The line of the instruction at `offset` (bytes), as PyCode_Addr2Line finds it.
    public static func line(
        _ table: UnsafeRawBufferPointer, firstLine: Int, offset: Int, signedLines: Bool
    ) -> Int {
        var line = firstLine
        var address = 0
        var index = 0
        while index + 1 < table.count {
            address += Int(table[index])
            if address > offset { break }
            let delta = table[index + 1]
            line &+= signedLines ? Int(Int8(bitPattern: delta)) : Int(delta)
            index += 2
        }
        return line
    }
}
