/// The kinds of line tables, by the versions of CPython that have them.
public enum LineTable: Sendable {
    /// Up to 3.5.
    case lnotabUnsigned
    /// 3.6 to 3.9.
    case lnotabSigned
    /// 3.10.
    case pep626
    /// 3.11 and later.
    case pep657

    /// The line of the instruction at `offset` bytes; nil where the code has none.
    public func line(_ table: UnsafeRawBufferPointer, firstLine: Int, offset: Int) -> Int? {
        switch self {
        case .lnotabUnsigned:
            Lnotab.line(table, firstLine: firstLine, offset: offset, signedLines: false)
        case .lnotabSigned:
            Lnotab.line(table, firstLine: firstLine, offset: offset, signedLines: true)
        case .pep626: PEP626.line(table, firstLine: firstLine, offset: offset)
        case .pep657: PEP657.line(table, firstLine: firstLine, offset: offset)
        }
    }
}
