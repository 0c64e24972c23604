import FrameDecoding
import TargetMemory

/// A copy of CPython in one process.
public final class LocatedInterpreter: InterpreterSite {
    public let image: ElfImage
    /// As the process sees the file.
    public let path: String
    /// What is added to the file's addresses in this process.
    public let loadBias: UInt64
    public let version: PythonVersion
    /// How the version was found out, for people: `Py_Version`, `--abi`.
    public let versionOrigin: String
    /// What the program keeps in the library's place: the linker may move a library's variable into
    /// the program that uses it (a copy relocation), and the library then uses that one.
    private let moved: [String: Address]

    init(
        image: ElfImage, path: String, loadBias: UInt64,
        version: (number: PythonVersion, origin: String), moved: [String: Address]
    ) {
        self.image = image
        self.path = path
        self.loadBias = loadBias
        self.version = version.number
        versionOrigin = version.origin
        self.moved = moved
    }

    /// Of the names that the probe was given, and those it needs itself.
    public func address(of symbol: String) -> Address? {
        moved[symbol] ?? image.value(of: symbol).map { $0 &+ loadBias }
    }

    public var structLayouts: (any StructLayouts)? { image.structLayouts }
}
