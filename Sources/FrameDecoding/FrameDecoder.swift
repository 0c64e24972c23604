import TargetMemory

/// A Python thread state (`PyThreadState`), as the interpreter knows it.
public struct ThreadState: Hashable, Sendable {
    /// Where the PyThreadState is.
    public var address: Address
    /// Where its PyInterpreterState is.
    public var interpreter: Address
    /// What `threading.get_ident()` says; `pthread_self()` on Linux.
    public var threadID: UInt64
    /// The kernel's thread id in the target's PID namespace; nil before 3.11, where it is not kept.
    public var nativeThreadID: UInt64?

    public init(
        address: Address, interpreter: Address, threadID: UInt64, nativeThreadID: UInt64?
    ) {
        self.address = address
        self.interpreter = interpreter
        self.threadID = threadID
        self.nativeThreadID = nativeThreadID
    }
}

/// Who may change Python's state at this moment, as far as the interpreter's own words say.
public struct LockState: Equatable, Sendable {
    /// The threads that hold a GIL: usually none or one, more with sub-interpreters that have their
    /// own; in free-threaded builds all threads that are attached. While these stand still, so
    /// does all of Python, except for `detached` threads.
    public var holders: [ThreadState]
    /// In free-threaded builds all other threads: each may attach, and change its stack, at any moment.
    public var detached: [ThreadState]
    /// Changes when a GIL has passed from one thread to another. 0 where the interpreter does not
    /// count (or its counter cannot be found).
    public var switches: UInt64

    public init(
        holders: [ThreadState] = [], detached: [ThreadState] = [], switches: UInt64 = 0
    ) {
        self.holders = holders
        self.detached = detached
        self.switches = switches
    }
}

/// Reads the stacks of one interpreter site. It never stops a thread, opens a file or prints; what
/// keeps the target still is the sampler's concern.
///
/// Every call takes the memory to read from, so that the few words of the lock can be polled with a
/// working set of their own.
public protocol FrameDecoder: AnyObject {
    /// Where the offsets came from, for people: `table 3.9`, `DWARF`, `_Py_DebugOffsets 3.14`.
    var layoutOrigin: String { get }
    /// The lists of interpreters and threads, which have the same shape in all versions.
    var walk: ThreadWalk { get }
    /// Who holds the GIL. A thread is only named when it is proven to hold it *if it stands still*:
    /// both the lock and the thread itself say so.
    func lockState(in memory: Memory) throws(DecodeError) -> LockState
    /// Appends the frames of `thread`, leaf first, as `sys._current_frames()` would give them; `note` is told, in the same
    /// order, where each lies. What others call is `stack` and `places`.
    func append(
        _ thread: ThreadState, in memory: Memory, to stack: inout [FrameID], note: ((FramePlace) -> Void)?
    ) throws(DecodeError)
    /// Reads the program's objects: names of threads, variables. Nil when the decoder's layout does
    /// not go that far; stacks are read all the same.
    var program: ProgramReader? { get }
}

extension FrameDecoder {
    public var program: ProgramReader? { nil }

    /// Appends the frames of `thread`, leaf first.
    public func stack(of thread: ThreadState, in memory: Memory, into frames: inout [FrameID])
        throws(DecodeError)
    {
        try append(thread, in: memory, to: &frames, note: nil)
    }

    /// Where the frames lie that `stack` gives, in the same order.
    public func places(of thread: ThreadState, in memory: Memory) throws(DecodeError) -> [FramePlace] {
        var places: [FramePlace] = []
        var frames: [FrameID] = []
        try append(thread, in: memory, to: &frames) { places.append($0) }
        return places
    }

    /// Addresses of all PyInterpreterState, the newest first; empty while Python is not yet (or no longer) there.
    public func interpreters(in memory: Memory) throws(DecodeError) -> [Address] {
        try walk.interpreters(in: memory)
    }

    /// All thread states of all interpreters.
    public func threads(in memory: Memory) throws(DecodeError) -> [ThreadState] {
        try walk.threads(in: memory)
    }
}

/// Where the offsets may be taken from (`--layout`).
public enum LayoutSource: String, Sendable, CaseIterable {
    case table, offsets, dwarf
}

/// A way in which a decoder could read a site; tried in order until one decodes.
public struct LayoutChoice {
    public let source: LayoutSource
    /// For people: `table 3.9`.
    public let description: String
    /// Makes the decoder; throws `LayoutUnavailable` when this site does not have the layout.
    public let makeDecoder: () throws -> any FrameDecoder

    public init(
        source: LayoutSource, description: String, makeDecoder: @escaping () throws -> any FrameDecoder
    ) {
        self.source = source
        self.description = description
        self.makeDecoder = makeDecoder
    }
}

/// Why a layout cannot be used with a site.
public struct LayoutUnavailable: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// A decoder's answer to a site.
public enum Claim {
    /// Another version: not this module's.
    case notMine
    /// This module's; the layouts to try, most trusted or cheapest first.
    case reads([LayoutChoice])
    /// This module's version, but of a kind that it cannot read, and why.
    case unsupported(String)
}

/// One decoder module: a memory layout of CPython. The host registers these.
public struct DecoderModule: Sendable {
    /// As the folder is called: `Py36`.
    public let name: String
    /// The versions that the module has tables for.
    public let abis: [ABI]
    /// Symbols that the module wants to find in the interpreter's file.
    public let symbols: [String]
    /// How the roots of a version look in memory; nil when this module does not read it, or the
    /// interpreter marks them itself.
    public let rootSign: @Sendable (PythonVersion) -> RootSign?
    /// `memory` serves to read what is at fixed places of the site (debug offsets).
    public let claim: @Sendable (any InterpreterSite, Memory, FrameTable) -> Claim

    public init(
        name: String, abis: [ABI], symbols: [String],
        rootSign: @escaping @Sendable (PythonVersion) -> RootSign? = { _ in nil },
        claim: @escaping @Sendable (any InterpreterSite, Memory, FrameTable) -> Claim
    ) {
        self.name = name
        self.abis = abis
        self.symbols = symbols
        self.rootSign = rootSign
        self.claim = claim
    }
}
