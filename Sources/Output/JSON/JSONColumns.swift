import FrameDecoding

/// Writes an object whose members are columns, arrays of one length, as some formats keep their tables.
package struct JSONColumns {
    private var piece = TextPiece()
    private let output: ProfileOutput
    private var separator = ""

    package init(_ output: ProfileOutput) { self.output = output }

    /// Appends text as it is.
    package mutating func raw(_ text: String) throws {
        piece.text += text
        try piece.passOn(output)
    }

    /// Begins the object of a table; its columns follow, then `end`.
    package mutating func begin(_ name: String) throws {
        try raw("\"\(name)\":{")
        separator = ""
    }

    /// A column of `count` values, which `value` gives by index, as JSON.
    package mutating func column(_ name: String, count: Int, _ value: (Int) -> String) throws {
        try beginColumn(name)
        for index in 0..<count { try raw(index == 0 ? value(index) : "," + value(index)) }
        try raw("]")
    }

    /// A column of one value.
    package mutating func column(_ name: String, count: Int, all value: String) throws {
        try column(name, count: count) { _ in value }
    }

    /// A column whose values come one by one: `body` calls what it is given with each.
    package mutating func column(
        _ name: String, _ body: (_ append: (String) throws -> Void) throws -> Void
    ) throws {
        try beginColumn(name)
        var comma = ""
        try body { text in
            try raw(comma + text)
            comma = ","
        }
        try raw("]")
    }

    private mutating func beginColumn(_ name: String) throws {
        try raw("\(separator)\"\(name)\":[")
        separator = ","
    }

    /// Ends a table, with its number of rows.
    package mutating func end(length: Int) throws { try raw("\(separator)\"length\":\(length)}") }

    package mutating func finish() throws { try piece.flush(output) }
}
