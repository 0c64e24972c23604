import FrameDecoding
import TargetMemory

/// What a decoder read of one process at one moment, and what it made of it: enough to decode it
/// again anywhere, with no process and no privileges. docs/recording.md describes its file.
public struct Recording: Sendable {
    /// What was known of the interpreter, and who read it.
    public var target: RecordedTarget
    /// Addresses of the interpreter's symbols in the process.
    public var symbols: [String: Address]
    /// What the interpreter's debug information said, where the decoder asked it.
    public var structs: RecordedStructs
    /// The bytes that the decoder asked for, and no others.
    public var memory: RecordedRanges
    /// The stacks as pyflame decoded them in the process.
    public var stacks: [RecordedThread]
    /// The stacks as the program itself knew them; nil when it did not tell. Of the threads that it names.
    public var truth: [RecordedThread]?
    /// What people wrote about the recording, as lines.
    public var notes: [String] = []

    public init(
        target: RecordedTarget, symbols: [String: Address], structs: RecordedStructs,
        memory: RecordedRanges, stacks: [RecordedThread], truth: [RecordedThread]? = nil
    ) {
        self.target = target
        self.symbols = symbols
        self.structs = structs
        self.memory = memory
        self.stacks = stacks
        self.truth = truth
    }
}

/// What was known of the interpreter that was recorded.
public struct RecordedTarget: Equatable, Sendable {
    /// The version of the pyflame that recorded it.
    public var recorder: String
    /// As uname has it: `x86_64`.
    public var machine: String
    /// The id of the process.
    public var pid: Int32
    public var version: PythonVersion
    /// How the version was found out: `Py_Version`, `--abi`.
    public var versionOrigin: String
    /// The interpreter's file, as the process saw it.
    public var path: String
    /// What was added to the file's addresses in the process.
    public var loadBias: Address
    /// The decoder module: `Py36`.
    public var decoder: String
    public var layoutSource: LayoutSource
    /// For people: `table 3.9`.
    public var layoutOrigin: String

    public init(
        recorder: String, machine: String, pid: Int32, version: PythonVersion, versionOrigin: String,
        path: String, loadBias: Address, decoder: String, layoutSource: LayoutSource,
        layoutOrigin: String
    ) {
        self.recorder = recorder
        self.machine = machine
        self.pid = pid
        self.version = version
        self.versionOrigin = versionOrigin
        self.path = path
        self.loadBias = loadBias
        self.decoder = decoder
        self.layoutSource = layoutSource
        self.layoutOrigin = layoutOrigin
    }
}

/// A thread's stack with the frames spelled out.
public struct RecordedThread: Equatable, Sendable {
    /// `threading.get_ident()`.
    public var id: UInt64
    /// Where its PyThreadState is; 0 in true stacks.
    public var address: Address
    public var isHolder: Bool
    /// The kernel's id of the thread; nil when it was not known.
    public var tid: Int32?
    /// What the thread is called or does; empty when nobody said.
    public var label: String
    /// Leaf first.
    public var frames: [Frame]

    public init(
        id: UInt64, address: Address, isHolder: Bool, tid: Int32?, label: String, frames: [Frame]
    ) {
        self.id = id
        self.address = address
        self.isHolder = isHolder
        self.tid = tid
        self.label = label
        self.frames = frames
    }
}
