/// A source file as far as it could be read.
public struct SourceText: Equatable, Sendable {
    /// Nil when it could not be read.
    public var text: String?
    /// For people: why not, or what to bear in mind; empty when all is well.
    public var note: String

    public init(text: String?, note: String = "") {
        self.text = text
        self.note = note
    }
}

/// Where the sources of profiled processes are read. What is asked for comes from a target's memory
/// and may name anything.
public protocol SourceFiles: AnyObject {
    /// The file that code names as its own, as the process sees it in which that code was seen.
    func read(_ path: String, of process: Int32) -> SourceText
    /// Processes with the same number see the same files; nil for one of which nothing can be read.
    func place(of process: Int32) -> Int?
}
