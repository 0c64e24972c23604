/// Why a file is not a recording that can be read.
public struct RecordingError: Error, Equatable, Sendable {
    /// A sentence for people, to follow the file's name.
    public var explanation: String

    init(_ explanation: String) { self.explanation = explanation }

    static func damaged(_ what: String) -> RecordingError {
        RecordingError("the recording is damaged: \(what)")
    }
}
