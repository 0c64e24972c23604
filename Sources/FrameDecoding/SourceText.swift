/// A source file as far as it could be read.
public struct SourceText: Sendable {
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
    /// A process joins the profile: its files may be out of reach when it has ended.
    func add(_ process: ProfiledProcess)
    /// The file that code names as its own.
    func read(_ path: String) -> SourceText
}
