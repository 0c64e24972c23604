import FrameDecoding

/// Output on its way, handed over in pieces of a size that suits a write.
package struct TextPiece {
    package var text = ""
    private static let size = 1 << 16

    package init() {}

    /// Hands over what has gathered, once it is enough.
    package mutating func passOn(_ output: ProfileOutput) throws {
        if text.utf8.count >= Self.size { try flush(output) }
    }

    package mutating func flush(_ output: ProfileOutput) throws {
        guard !text.isEmpty else { return }
        try output.write(text)
        text.removeAll(keepingCapacity: true)
    }
}
