import FrameDecoding
import TargetMemory

/// An interpreter as a recording knows it.
public final class RecordedSite: InterpreterSite {
    public let version: PythonVersion
    public let structLayouts: (any StructLayouts)?
    private let symbols: [String: Address]

    public init(_ recording: Recording) {
        version = recording.target.version
        symbols = recording.symbols
        structLayouts = recording.structs.areKnown ? ReplayedStructs(recording.structs) : nil
    }

    public func address(of symbol: String) -> Address? { symbols[symbol] }
}

/// An interpreter that is being recorded: notes what a decoder asks of it.
final class NotedSite: InterpreterSite {
    private let original: any InterpreterSite
    private(set) var symbols: [String: Address] = [:]
    private var structs: NotedStructs?

    init(_ original: any InterpreterSite) { self.original = original }

    var version: PythonVersion { original.version }

    func address(of symbol: String) -> Address? {
        let address = original.address(of: symbol)
        symbols[symbol] = address
        return address
    }

    var structLayouts: (any StructLayouts)? {
        if structs == nil, let layouts = original.structLayouts { structs = NotedStructs(layouts) }
        return structs
    }

    var recordedStructs: RecordedStructs { structs?.recorded ?? RecordedStructs() }
}
