/// A frame that is no code of the target's: it names what the frames above it belong to.
extension Frame {
    /// No line of code has this number.
    private static let labelLine = -1

    public static func label(_ text: String) -> Frame {
        Frame(file: "", name: text, line: labelLine)
    }

    public var isLabel: Bool { line == Self.labelLine }
}
