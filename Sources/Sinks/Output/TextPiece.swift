import FrameDecoding

/// Output on its way, handed over in pieces of a size that suits a write.
struct TextPiece {
    var text = ""
    private static let size = 1 << 16

    /// Hands over what has gathered, once it is enough.
    mutating func passOn(_ output: ProfileOutput) throws {
        if text.utf8.count >= Self.size { try flush(output) }
    }

    mutating func flush(_ output: ProfileOutput) throws {
        guard !text.isEmpty else { return }
        try output.write(text)
        text.removeAll(keepingCapacity: true)
    }
}
