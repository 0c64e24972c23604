import FrameDecoding
import TargetMemory

/// What is known of an interpreter's file, whatever process has it mapped: symbols, sections,
/// version, debug information. Addresses are those in the file, before relocation.
public final class ElfImage {
    /// As the process in which it was first found sees it.
    public let path: String
    /// Empty when the file has none.
    public let buildID: [UInt8]
    /// How the file was opened; `memory` when only its image in the process could be read.
    public let openedAs: String

    /// The names that were looked for.
    let wanted: Set<String>
    /// Those that the dynamic symbol table defines.
    let dynamicSymbols: [String: UInt64]
    private(set) var file: OpenFile?
    private let root: String
    private let budget: ProbeBudget?
    private lazy var sections = file.flatMap { SectionFile($0) }
    private lazy var debugSearch = DebugFiles(path: path, buildID: buildID, roots: [root, ""], budget: budget)
    private var debugFile: SectionFile?
    private var isDebugFileOpen = false
    private func openedDebugFile() -> SectionFile? {
        if !isDebugFileOpen { debugFile = debugSearch.find(beside: sections) }
        isDebugFileOpen = true
        return debugFile
    }
    /// Libraries by the hundred are looked at without knowing whether Python is in them; a separate
    /// debug file is not looked for then.
    private let mayBePython: Bool
    private var staticSymbols: [String: UInt64]?

    /// Where `interp_head` is according to the code that returns it, for files without symbols.
    var interpreterHead: UInt64?
    /// Where `_PyRuntime` is according to its first bytes, for files without symbols.
    var runtimeCookie: UInt64?
    /// Found out once, in the first process.
    var version: (number: PythonVersion, origin: String)?

    init(_ image: MappedImage, of target: ProbeTarget, wanted: Set<String>, budget: ProbeBudget? = nil) {
        self.budget = budget
        path = image.path
        buildID = image.buildID
        root = target.root
        self.wanted = wanted
        file = target.files(budget).open(image)
        var found: [String: UInt64] = [:]
        if let lookup = image.lookup {
            for name in wanted { found[name] = lookup.value(of: name) }
        }
        dynamicSymbols = found
        openedAs = file?.path ?? "memory"
        mayBePython = image.isProgram || Self.signs.contains { found[$0] != nil }
    }

    /// One of these makes a file worth a closer look. `_PyRuntime` is there from 3.7 on,
    /// `_PyThreadState_Current` before; the function is in all.
    static let signs = ["_PyRuntime", "_PyThreadState_Current", "PyInterpreterState_Head"]

    /// The same for CPython's public symbols: who exports one of them exports all, so there is no
    /// need to read the static symbol table (half a millisecond).
    func publicValue(of symbol: String) -> UInt64? {
        exportsPython ? dynamicSymbols[symbol] : value(of: symbol)
    }
    private lazy var exportsPython = Self.signs.contains { dynamicSymbols[$0] != nil }

    /// The start of section `.PyRuntime` (3.11 and later).
    private(set) lazy var runtimeSection: UInt64? = sections?.section(".PyRuntime").flatMap {
        $0.address != 0 ? $0.address : nil
    }

    /// The address in the file of one of the names that the probe was asked to find; the static
    /// symbol table (of the file, or of its separate debug file) is read when it is first needed.
    public func value(of symbol: String) -> UInt64? {
        if let value = dynamicSymbols[symbol] { return value }
        guard wanted.contains(symbol) else { return nil }
        if symbol == "_PyRuntime", let place = runtimeSection ?? runtimeCookie { return place }
        if let value = loadedStaticSymbols()[symbol] { return value }
        return symbol == "interp_head" ? interpreterHead : nil
    }

    private func loadedStaticSymbols() -> [String: UInt64] {
        if let staticSymbols { return staticSymbols }
        var found = sections?.staticSymbols(wanted) ?? [:]
        if found.isEmpty, mayBePython, let debugFile = openedDebugFile(), debugFile !== sections {
            found = debugFile.staticSymbols(wanted)
        }
        staticSymbols = found
        return found
    }

    /// Closes the file: there is no Python in it, and this is remembered for other processes.
    func dismiss() {
        _ = runtimeSection
        _ = loadedStaticSymbols()
        debugFile = nil
        sections = nil
        file = nil
    }

    /// Lets go of debug information, which may be large. Its answers are kept.
    func closeDebugInfo() {
        keptStructs?.close()
        debugFile = nil
        isDebugFileOpen = false
    }

    /// Debug information of this very file, wherever it is kept.
    public var structLayouts: (any StructLayouts)? {
        if keptStructs == nil { keptStructs = makeKeptStructs() }
        return keptStructs
    }
    private var keptStructs: KeptStructs?

    private func makeKeptStructs() -> KeptStructs? { KeptStructs(
        buildID: buildID, cache: LayoutCache(),
        open: { [unowned self] in openedDebugFile().flatMap { DwarfStructs($0, search: debugSearch) } })
    }
}

/// Remembers images from process to process, so that fifty workers of one binary are probed once.
public final class ImageCache {
    /// Most processes have one interpreter; the bound is for days of `--subprocesses`.
    private static let mostImages = 256

    /// What tells two files apart: the build-id, or else what the file system says.
    private enum Identity: Hashable {
        case build([UInt8])
        case file(device: UInt64, inode: UInt64, size: UInt64, modified: Int64)
    }
    private var images: [Identity: ElfImage] = [:]
    /// What looking at one process may cost.
    package let budget = ProbeBudget()
    /// How many files were looked into, and how often one was known already.
    public private(set) var filesRead = 0
    public private(set) var filesKnown = 0

    public init() {}

    /// Closes what was opened to find an interpreter: it is not needed to sample it. What is asked later opens it again.
    package func closeFiles() {
        for image in images.values { image.closeDebugInfo() }
    }

    func image(_ mapped: MappedImage, of target: ProbeTarget, wanted: Set<String>) -> ElfImage {
        if let known = known(.build(mapped.buildID), wanted) { return known }
        let image = ElfImage(mapped, of: target, wanted: wanted, budget: budget)
        filesRead += 1
        let identity: Identity
        if !mapped.buildID.isEmpty {
            identity = .build(mapped.buildID)
        } else if let file = image.file {
            identity = .file(
                device: file.device, inode: file.inode, size: file.size, modified: file.modified)
            if let known = known(identity, wanted) { return known }
        } else {
            return image
        }
        // What was left out here may be affordable in another process.
        if budget.limit != nil { return image }
        if images.count >= Self.mostImages { images.removeAll() }
        images[identity] = image
        return image
    }

    private func known(_ identity: Identity, _ wanted: Set<String>) -> ElfImage? {
        guard let image = images[identity], image.wanted.isSuperset(of: wanted) else { return nil }
        filesKnown += 1
        return image
    }
}
