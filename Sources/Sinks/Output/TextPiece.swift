/// Output on its way, handed over in pieces of a size that suits a write.
struct TextPiece {
    var text = ""
    private static let size = 1 << 16

    /// Hands over what has gathered, once it is enough.
    mutating func passOn(_ write: (String) throws -> Void) rethrows {
        if text.utf8.count >= Self.size { try flush(write) }
    }

    mutating func flush(_ write: (String) throws -> Void) rethrows {
        guard !text.isEmpty else { return }
        try write(text)
        text.removeAll(keepingCapacity: true)
    }
}
