import TargetMemory

/// What the probe looked at, and what it made of it.
public struct ProbeReport {
    /// One for each image of an ELF file, in the order of their addresses.
    public var files: [FileFinding] = []
    /// The copies of CPython; empty when this is not a Python process.
    public var candidates: [LocatedInterpreter] = []
}

/// The probe's judgement of one mapped file.
public struct FileFinding: Equatable, Sendable {
    /// As the process sees it.
    public var path: String
    /// `memory` when the file was not needed or could not be opened.
    public var openedAs: String
    /// Nil when the file is not one to be loaded.
    public var loadBias: UInt64?
    /// For people: `exports _PyRuntime, Py_Version`, `no Python symbols`, `not an ELF file`.
    public var verdict: String
}
