import Glibc

/// A file that is read from beginning to end: a regular one, or a pipe.
package final class InputFile {
    package let name: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// What of the buffer has been taken.
    private var taken = 0
    private var isAtEnd = false

    private var piece = [UInt8](repeating: 0, count: 1 << 16)
    /// A longer line is no line of a profile (16 MiB).
    static let longestLine = 1 << 24

    /// Opens `path`; `-` is standard input.
    package init(path: String) throws(ProfileReadError) {
        guard path != "-" else {
            name = "standard input"
            descriptor = STDIN_FILENO
            return
        }
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { if descriptor > STDIN_FILENO { close(descriptor) } }

    private static func failure(_ name: String) -> ProfileReadError {
        ProfileReadError(name, String(cString: strerror(errno)))
    }

    /// The first bytes, which remain to be read.
    func peek(_ count: Int) throws(ProfileReadError) -> ArraySlice<UInt8> {
        while buffer.count - taken < count, try fill() {}
        return buffer[taken...].prefix(count)
    }

    /// The next line without its newline; nil at the end.
    func line() throws(ProfileReadError) -> ArraySlice<UInt8>? {
        var searched = taken
        while true {
            if let newline = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { taken = newline + 1 }
                return buffer[taken..<newline]
            }
            let length = buffer.count - taken
            guard length <= Self.longestLine else {
                throw ProfileReadError(name, "a line is longer than \(Self.longestLine >> 20) MiB")
            }
            // What was taken makes room.
            buffer.removeFirst(taken)
            taken = 0
            searched = buffer.count
            guard try fill() else {
                guard length > 0 else { return nil }
                defer { taken = buffer.count }
                return buffer[...]
            }
        }
    }

    /// All that is left, if it is no more than `limit` bytes.
    func rest(limit: Int) throws(ProfileReadError) -> [UInt8] {
        while try fill() {
            guard buffer.count - taken <= limit else {
                throw ProfileReadError(name, "it is larger than \(limit >> 20) MiB")
            }
        }
        defer { taken = buffer.count }
        return Array(buffer[taken...])
    }

    /// False at the end.
    private func fill() throws(ProfileReadError) -> Bool {
        guard !isAtEnd else { return false }
        var count: Int
        repeat {
            count = Glibc.read(descriptor, &piece, piece.count)
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw Self.failure(name) }
        buffer += piece[..<count]
        isAtEnd = count == 0
        return !isAtEnd
    }
}
