/// How the variables that everything starts from look, for interpreters whose file names none of them: a word
/// of a data segment that leads to interpreters whose thread states lead back to them.
public struct RootSign: Hashable, Sendable {
    public var threads: ThreadLayout
    /// Where `interpreters.head` is in `_PyRuntime` (3.7 and later; `interpreters.main` follows); nil
    /// where `interp_head` is a variable of its own.
    public var headInRuntime: Int?

    public init(threads: ThreadLayout, headInRuntime: Int?) {
        self.threads = threads
        self.headInRuntime = headInRuntime
    }
}
